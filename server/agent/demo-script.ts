import type { LanguageModelV4CallOptions, LanguageModelV4FunctionTool } from '@ai-sdk/provider';

/** What the demo model says next. */
export interface DemoReply {
  thinking?: string;
  text: string;
  call?: { name: string; input: Record<string, unknown>; index: number };
}

interface Done {
  tool: string;
  output: string;
  isError: boolean;
}

const wantsWork =
  /\b(files?|list|ls|run|execute|write|create|script|python|bash|shell|command|code|folder|director(y|ies)|workspace|hello)\b|文件|目录|运行|执行|命令|脚本|写|创建|代码|列出/i;

/** People who want to see a permission request or a question say so. */
const wantsPermission = /\b(permission|approval|approve)\b|许可|权限|批准|授权/i;
const wantsQuestion = /\bask me\b|\bquestion\b|帮我|问我|提问/i;

/** What the server tells beside the person's own words. */
const asides = /<(context|session-memory)\b[^>]*>[\s\S]*?<\/\1>\s*/g;

const phrases = {
  en: {
    label: 'This is the offline demo model; set a key in Secrets to talk to a real one.',
    think: 'This needs the sandbox. I look at the workspace first, then write a small program and run it.',
    thinkIdle: 'Nothing here needs a tool.',
    list: 'First I list the files in the workspace.',
    write: 'Now I write a small program, hello.py.',
    run: 'And I run it.',
    idle: 'Ask me to "list the files, then write hello.py and run it", and I show you text, thinking and real tool calls.',
    noTools: 'I would show you tool calls now, but this agent has no Bash and Write tools.',
    failed: (done: Done) =>
      `${done.tool} did not work:\n\n\`\`\`\n${done.output}\n\`\`\`\n\nTools run inside a Docker container. The Sandboxes page says what is missing and how to get it.`,
    summary: (done: Done[]) =>
      `All done. I listed the workspace, wrote \`hello.py\` and ran it. It printed:\n\n\`\`\`\n${done.at(-1)?.output ?? ''}\n\`\`\``,
    greeting: 'Hello from the Agentrail sandbox!',
    ask: 'Before I go on I need to know one thing.',
    question: {
      question: 'Which kind of greeting should I write?',
      hint: 'Choose one, or write your own.',
      options: [
        { label: 'Short', description: 'One line.' },
        { label: 'Long', description: 'A small poem.' },
      ],
    },
    answered: (done: Done) => `You chose: **${done.output}**. A real model would go on with that now.`,
    outside: 'This call leaves the sandbox, so you are asked first.',
    allowed: (done: Done) => `It was allowed, and ${done.tool} answered. Nothing runs outside the sandbox without you.`,
    refused: (done: Done) => `${done.tool} did not run, or failed:\n\n\`\`\`\n${done.output}\n\`\`\``,
  },
  zh: {
    label: '这是离线演示模型；在“密钥”页设置密钥后即可使用真实模型。',
    think: '这需要用到沙箱。我先查看工作区，再写一个小程序并运行它。',
    thinkIdle: '这里不需要工具。',
    list: '首先列出工作区里的文件。',
    write: '现在写一个小程序 hello.py。',
    run: '然后运行它。',
    idle: '试试让我“列出文件，然后写 hello.py 并运行”，我会展示文字、思考过程和真实的工具调用。',
    noTools: '本来要演示工具调用，但这个智能体没有 Bash 和 Write 工具。',
    failed: (done: Done) =>
      `${done.tool} 没有成功：\n\n\`\`\`\n${done.output}\n\`\`\`\n\n工具在 Docker 容器里运行。“沙箱”页会说明缺少什么以及如何安装。`,
    summary: (done: Done[]) =>
      `完成。我列出了工作区的文件，写了 \`hello.py\` 并运行了它。输出是：\n\n\`\`\`\n${done.at(-1)?.output ?? ''}\n\`\`\``,
    greeting: '来自 Agentrail 沙箱的问候！',
    ask: '继续之前，我需要确认一件事。',
    question: {
      question: '要写哪种问候语？',
      hint: '选择一项，或自己填写。',
      options: [
        { label: '简短', description: '一行。' },
        { label: '长一些', description: '一首小诗。' },
      ],
    },
    answered: (done: Done) => `你的选择是：**${done.output}**。真实模型会据此继续。`,
    outside: '这次调用会离开沙箱，所以先征求你的同意。',
    allowed: (done: Done) => `已获许可，${done.tool} 已返回结果。没有你的同意，任何操作都不会离开沙箱。`,
    refused: (done: Done) => `${done.tool} 没有运行，或者失败了：\n\n\`\`\`\n${done.output}\n\`\`\``,
  },
};

/** The next reply, from the conversation alone: what was asked last, and which tools answered since. */
export function planDemoReply(options: LanguageModelV4CallOptions): DemoReply {
  const { prompt, tools, toolChoice } = options;
  const { ask, done } = readConversation(prompt);
  const say = /\p{Script=Han}/u.test(ask) ? phrases.zh : phrases.en;
  const talk = planTalk(ask, done, options);
  if (talk) return talk;
  const failed = done.find((step) => step.isError);
  if (failed) return { text: say.failed(failed) };
  if (!wantsWork.test(ask)) return { thinking: say.thinkIdle, text: `${say.label}\n\n${say.idle}` };

  const declared = toolChoice?.type === 'none' ? [] : (tools ?? []).filter((tool) => tool.type === 'function');
  const bash = declared.find((tool) => tool.name === 'Bash');
  const write = declared.find((tool) => tool.name === 'Write');
  if (done.length === 0 && !(bash && write)) return { text: `${say.label}\n\n${say.noTools}` };
  if (!bash || !write) return { text: say.summary(done) };

  const program = `print(${JSON.stringify(say.greeting)})\n`;
  const steps = [
    { thinking: say.think, text: `${say.label}\n\n${say.list}`, name: 'Bash', input: { command: 'ls -la' } },
    { text: say.write, name: 'Write', input: { [pathFieldOf(write)]: 'hello.py', content: program } },
    { text: say.run, name: 'Bash', input: { command: 'python3 hello.py' } },
  ];
  const step = steps[done.length];
  if (!step) return { text: say.summary(done) };
  return {
    ...(step.thinking ? { thinking: step.thinking } : {}),
    text: step.text,
    call: { name: step.name, input: step.input, index: prompt.length },
  };
}

/** A question, or a call that needs a permission. */
function planTalk(
  ask: string,
  done: readonly Done[],
  { prompt, tools, toolChoice }: LanguageModelV4CallOptions,
): DemoReply | undefined {
  const say = /\p{Script=Han}/u.test(ask) ? phrases.zh : phrases.en;
  const has = (name: string) => toolChoice?.type !== 'none' && tools?.some((tool) => tool.name === name);
  const [first] = done;
  if (first?.tool === 'AskUserQuestion') return { text: first.isError ? say.refused(first) : say.answered(first) };
  if (first?.tool === 'WebFetch') return { text: first.isError ? say.refused(first) : say.allowed(first) };
  if (first) return undefined;
  const index = prompt.length;
  if (wantsPermission.test(ask) && has('WebFetch')) {
    const call = { name: 'WebFetch', input: { url: 'https://example.com/' }, index };
    return { text: `${say.label}\n\n${say.outside}`, call };
  }
  if (!wantsQuestion.test(ask) || wantsWork.test(ask) || !has('AskUserQuestion')) return undefined;
  return { text: `${say.label}\n\n${say.ask}`, call: { name: 'AskUserQuestion', input: say.question, index } };
}

/** The field is read from the tool itself, as a real model would. */
function pathFieldOf(tool: LanguageModelV4FunctionTool): string {
  return Object.keys(tool.inputSchema.properties ?? {}).find((name) => /path/i.test(name)) ?? 'path';
}

function readConversation(prompt: LanguageModelV4CallOptions['prompt']): { ask: string; done: Done[] } {
  let ask = '';
  let done: Done[] = [];
  for (const message of prompt) {
    if (message.role === 'user') {
      ask = message.content
        .map((part) => (part.type === 'text' ? part.text : ''))
        .join(' ')
        .replace(asides, '');
      done = [];
    } else if (message.role === 'tool') {
      for (const part of message.content) {
        if (part.type !== 'tool-result') continue;
        const { output } = part;
        const text = 'value' in output && typeof output.value === 'string' ? output.value : '';
        done.push({ tool: part.toolName, output: text.trim(), isError: output.type === 'error-text' });
      }
    }
  }
  return { ask, done };
}
