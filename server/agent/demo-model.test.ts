import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { configSchema } from '../contract/config.ts';
import type { ToolOutput } from '../contract/events.ts';
import { AppError } from '../lib/app-error.ts';
import { createDemoModel } from './demo-model.ts';
import { resolveModel } from './model.ts';
import { echoTool, runTestLoop, secretsOf, textFromDeltas, textResult, userMessage } from './testing/harness.ts';
import { defineTool } from './tools/tool.ts';

const config = configSchema.parse({});

function demo(pause: () => Promise<void> = async () => undefined) {
  return resolveModel(undefined, { config: () => config, secrets: secretsOf({}), demo: () => createDemoModel(pause) });
}

function sandboxTools(run: (command: string) => Promise<ToolOutput>) {
  const ran: string[] = [];
  const bash = defineTool({
    name: 'Bash',
    description: 'Runs a command.',
    inputSchema: z.object({ command: z.string() }),
    execute: ({ command }) => {
      ran.push(command);
      return run(command);
    },
  });
  const write = defineTool({
    name: 'Write',
    description: 'Writes a file.',
    inputSchema: z.object({ file_path: z.string(), content: z.string() }),
    execute: async ({ file_path }) => {
      ran.push(`write ${file_path}`);
      return textResult('Written.');
    },
  });
  return { tools: [bash, write], ran };
}

describe('the demo model', () => {
  test.each([
    ['list the files, then write hello.py and run it', 'offline demo model'],
    ['列出文件，然后写 hello.py 并运行', '离线演示模型'],
  ])('does real tool calls for “%s” and sums up what they gave', async (ask, label) => {
    const { tools, ran } = sandboxTools(async (command) =>
      textResult(command === 'ls -la' ? 'total 0' : 'It works 42'),
    );
    const { end, events, turns } = await runTestLoop(demo(), { tools, messages: [userMessage(ask)] });
    expect(ran).toEqual(['ls -la', 'write hello.py', 'python3 hello.py']);
    expect(end.stopReason).toBe('stop');
    expect(textFromDeltas(events)).toContain(label);
    expect(turns[0]?.message.content.map(({ type }) => type)).toEqual(['thinking', 'text', 'toolCall']);
    expect(JSON.stringify(turns.at(-1)?.message.content)).toContain('It works 42');
    expect(end.usage.cost).toBe(0);
  });

  test('goes by what the person said, not by what the server tells beside it', async () => {
    const { tools, ran } = sandboxTools(async () => textResult('x'));
    const aside = '<context name="workspace">\nFiles in /workspace: a.txt\n</context>';
    await runTestLoop(demo(), { tools, aside, messages: [userMessage('Good morning')] });
    expect(ran).toEqual([]);
  });

  test('says plainly when a tool fails', async () => {
    const { tools, ran } = sandboxTools(() => Promise.reject(new AppError('engine_gone', 'Docker is not running.')));
    const { turns } = await runTestLoop(demo(), { tools, messages: [userMessage('list the files')] });
    expect(ran).toEqual(['ls -la']);
    const text = JSON.stringify(turns.at(-1)?.message.content);
    expect(text).toContain('Bash did not work');
    expect(text).toContain('Docker is not running.');
  });

  test('without a wish for work, or without tools, it only talks, and says what it is', async () => {
    const small = await runTestLoop(demo(), { tools: [echoTool], messages: [userMessage('Good morning')] });
    expect(small.turns).toHaveLength(1);
    expect(textFromDeltas(small.events)).toContain('set a key in Secrets');
    const bare = await runTestLoop(demo(), { messages: [userMessage('run a command')] });
    expect(textFromDeltas(bare.events)).toContain('no Bash and Write tools');
  });

  test.each([
    ['ask me something', 'AskUserQuestion', 'Short', 'You chose: **Short**'],
    ['帮我选一个', 'AskUserQuestion', '简短', '你的选择是：**简短**'],
    ['show me a permission request', 'WebFetch', 'Example Domain', 'It was allowed'],
    ['演示一次权限请求', 'WebFetch', 'Example Domain', '已获许可'],
  ])('shows what was wished for with “%s”: a call of %s', async (ask, name, output, said) => {
    const seen: unknown[] = [];
    const tool = defineTool({
      name,
      description: 'Answers.',
      inputSchema: z.looseObject({}),
      execute: async (input) => {
        seen.push(input);
        return textResult(output);
      },
    });
    const { events } = await runTestLoop(demo(), { tools: [tool], messages: [userMessage(ask)] });
    expect(seen).toHaveLength(1);
    expect(textFromDeltas(events)).toContain(said);
  });

  test('asks nothing of people who want work done', async () => {
    const { tools, ran } = sandboxTools(async () => textResult('fine'));
    await runTestLoop(demo(), { tools, messages: [userMessage('帮我列出文件')] });
    expect(ran[0]).toBe('ls -la');
  });

  test('speaks word by word and falls silent on abort', async () => {
    const aborting = new AbortController();
    let words = 0;
    const pause = async () => {
      words += 1;
      if (words === 5) aborting.abort();
      await new Promise((resolve) => setImmediate(resolve));
    };
    const { end } = await runTestLoop(demo(pause), { signal: aborting.signal, messages: [userMessage('Hello')] });
    expect(end.stopReason).toBe('aborted');
    expect(words).toBeLessThan(8);
  });
});
