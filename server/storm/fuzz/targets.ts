import assert from 'node:assert/strict';
import type { FileHandle } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { readEvents } from '../../cli/link/read-events.ts';
import { editConfig } from '../../config/edit-yaml.ts';
import { parseConfig } from '../../config/parse-yaml.ts';
import { configSchema } from '../../contract/config.ts';
import { AppError } from '../../lib/app-error.ts';
import { bash } from '../../permissions/testing/ask-judge.ts';
import { shellCorpus } from '../../permissions/testing/shell-corpus.ts';
import { readClientHello } from '../../sandbox/egress/client-hello.ts';
import { createFrameReader, encodeFrame } from '../../sandbox/wire/frames.ts';
import { agentMessageSchema } from '../../sandbox/wire/messages.ts';
import { parseEnvFile } from '../../secrets/env-file/parse-env-file.ts';
import { readLines, readLinesBackwards } from '../../sessions/jsonl.ts';
import { parseEntry } from '../../sessions/message-line.ts';
import { applyLine, emptyState } from '../../sessions/session-state.ts';
import { fromMarkdown } from '../../skills/skill-file.ts';
import { parseLine } from '../../telemetry/log-line.ts';
import type { FuzzTarget } from './fuzz.ts';

const within =
  (...places: string[]) =>
  (url: string): boolean =>
    places.some((place) => url.includes(place));
const textOf = (input: Uint8Array): string => Buffer.from(input).toString('utf8');

/** A refusal with one of these codes is an answer. */
async function refusing(codes: RegExp, work: () => unknown): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof AppError) || !codes.test(error.code)) throw error;
  }
}

const strictness = { allow: 0, ask: 1, deny: 2 } as const;

const shellRules: FuzzTarget = {
  name: 'shell-rules',
  covers: within('/server/permissions/'),
  seeds: shellCorpus.filter((_, at) => at % 4 === 0).map(({ line }) => line),
  dictionary: [
    ...[
      'rm',
      'git',
      ' -rf ',
      'sudo ',
      'env -i ',
      'xargs ',
      'find . -exec ',
      'bash -c ',
      'eval ',
      '$(',
      '`',
      '${x:-',
      '<(',
      '>&2 ',
    ],
    ...[
      ' && ',
      ' || ',
      ' | ',
      ' ; ',
      '\n',
      '<<EOF\n',
      'EOF\n',
      "$'\\x",
      '"',
      "'",
      '\\',
      '{a,b}',
      '[[',
      ']]',
      '((',
      '))',
      'if ',
      'then ',
      'fi',
    ],
    ...[
      'case ',
      'esac',
      'for i in ',
      'do ',
      'done',
      'function f ',
      '() {',
      '}',
      '~',
      '*',
      '?',
      '&',
      '2>',
      '<<<',
      'exec ',
      'trap ',
      'source ',
    ],
  ],
  mostBytes: 400,
  run(input) {
    const line = textOf(input);
    const asked = bash(line, { mode: 'bypassPermissions' });
    const forbidden = bash(line, { mode: 'bypassPermissions', deny: ['Bash(rm:*)'] });
    const allowed = bash(line, { mode: 'default', allow: ['Bash(git:*)'] });
    const both = bash(line, { mode: 'default', allow: ['Bash(git:*)'], deny: ['Bash(git push:*)'] });
    assert.equal(asked, 'allow', 'the check itself broke');
    assert.ok(strictness[forbidden] >= strictness[asked], 'a rule that forbids makes a command freer');
    assert.ok(strictness[both] >= strictness[allowed], 'a second rule that forbids makes a command freer');
  },
};

/** As much of a file as reading lines needs. */
function memoryFile(bytes: Buffer): FileHandle {
  const read = async (into: Buffer, offset: number, length: number, position: number) => ({
    bytesRead: bytes.copy(into, offset, position, position + length),
    buffer: into,
  });
  return { read } as unknown as FileHandle;
}

const messageLines = [
  { role: 'user', content: 'Hello', timestamp: 1 },
  { role: 'user', content: [{ type: 'image', mimeType: 'image/png', data: 'AAAA' }], timestamp: 1 },
  {
    role: 'assistant',
    content: [
      { type: 'text', text: 'x' },
      { type: 'thinking', thinking: 'y' },
      { type: 'toolCall', id: 'a', name: 'Bash', arguments: {} },
    ],
    provider: 'openai',
    model: 'm',
    usage: { input: 1, output: 1, cacheRead: 0, cacheWrite: 0, totalTokens: 2 },
    stopReason: 'stop',
    timestamp: 1,
  },
  {
    role: 'toolResult',
    toolCallId: 'a',
    toolName: 'Bash',
    content: [{ type: 'text', text: 'x' }],
    isError: false,
    timestamp: 1,
  },
  { type: 'init', sessionId: 's', tenantId: 't', userId: 'u', agentId: 'default', createdAt: 1, timestamp: 1 },
  { type: 'turn', turnIndex: 1, timestamp: 1 },
  { type: 'update', title: 'x', timestamp: 1 },
  { seq: 1, time: 1, level: 'info', message: 'x', component: 'y', fields: {} },
].map((line) => JSON.stringify(line));

const lines: FuzzTarget = {
  name: 'lines',
  covers: within('/server/sessions/', '/server/telemetry/', '/server/contract/'),
  seeds: [messageLines.join('\n'), ...messageLines, '\n\n', '\0\0\0{"type":"update"}\n'],
  dictionary: [
    ...messageLines,
    '"role":',
    '"content":',
    '"type":',
    '"summary":',
    '"modelId":',
    'null',
    '[]',
    '{}',
    '\n',
    '\0',
    '\uFEFF',
    '1e99',
    '__proto__',
  ],
  async run(input) {
    const bytes = Buffer.from(input);
    const forward = await Array.fromAsync(readLines(memoryFile(bytes), bytes.length), ({ line }) =>
      line.toString('latin1'),
    );
    const backward = await Array.fromAsync(readLinesBackwards(memoryFile(bytes), bytes.length), ({ line }) =>
      line.toString('latin1'),
    );
    assert.deepEqual(
      backward.reverse(),
      forward.filter((line) => line !== ''),
      'lines differ with the direction',
    );
    let state = emptyState();
    for (const [at, line] of forward.entries()) {
      const raw = Buffer.from(line, 'latin1');
      parseEntry(raw, at === 0);
      state = applyLine(state, raw);
      parseLine(raw.toString('utf8'));
    }
    assert.equal(Object.getPrototypeOf(state), Object.prototype, 'a line reached the prototype');
  },
};

const frames: FuzzTarget = {
  name: 'agent-frames',
  covers: within('/server/sandbox/wire/'),
  seeds: [
    encodeFrame({ ev: 'hello', v: 1, id: 0 }),
    encodeFrame({ ev: 'out', id: 1 }, Buffer.from('output')),
    encodeFrame({ ev: 'done', id: 1, result: { code: 0 } }),
    Buffer.concat([
      encodeFrame({ ev: 'gap', id: 1, bytes: 5 }),
      encodeFrame({ ev: 'error', id: 1, code: 'x', message: 'y' }),
    ]),
  ],
  dictionary: [
    '"ev":',
    '"out"',
    '"err"',
    '"done"',
    '"net"',
    '"gap"',
    '"id":',
    '\0\0\0\x02{}',
    '\0\0\0\0',
    '\xff\xff\xff\xff',
    '1e400',
    '-1',
  ],
  async run(input) {
    const whole: unknown[] = [];
    await refusing(/^agent_protocol$/, () => {
      for (const frame of createFrameReader({ maxHeaderBytes: 2000, maxBodyBytes: 2000 }).push(input)) {
        agentMessageSchema.safeParse(frame.header);
        whole.push([frame.header, frame.body.toString('latin1')]);
      }
    });
    const cut: unknown[] = [];
    await refusing(/^agent_protocol$/, () => {
      const reader = createFrameReader({ maxHeaderBytes: 2000, maxBodyBytes: 2000 });
      for (let at = 0; at < input.length; at += 3) {
        for (const { header, body } of reader.push(input.slice(at, at + 3)))
          cut.push([header, body.toString('latin1')]);
      }
    });
    assert.ok(isDeepStrictEqual(cut.slice(0, whole.length), whole), 'frames differ with the way they are cut');
  },
};

const edits = [
  { path: ['server', 'port'], value: 4000 },
  { path: ['server', 'allowedOrigins'], value: ['http://a'] },
  { path: ['llm', 'modelId'], value: null },
];

const settings: FuzzTarget = {
  name: 'settings',
  covers: within('/server/config/', '/server/contract/config'),
  seeds: [
    'version: 1\nserver:\n  port: 3000 # here\n  allowedOrigins: [a, b]\n',
    'llm:\n  provider: openai\n  modelId: x\n  fallback:\n    - openai:a\n',
    'server: &a {port: 1}\nsandbox: *a\n',
    'port: 3000\n# only\n',
    'permissions:\n  allow: ["Bash(git:*)"]\nproviders:\n  x: {type: openai, baseUrl: "http://a"}\nmcp: {}\n',
  ],
  dictionary: [
    ...[
      'server:',
      '\n  ',
      '\n',
      'port: ',
      'llm:',
      'modelId: ',
      '&a ',
      '*a',
      '<<: ',
      '!!',
      '? ',
      '- ',
      '|\n',
      '>\n',
      '---\n',
      '...\n',
      '%YAML 1.2\n',
    ],
    ...[
      '{',
      '}',
      '[',
      ']',
      '"',
      "'",
      '#',
      '\t',
      '__proto__: ',
      'constructor: ',
      'null',
      '~',
      '0x1F',
      '1e3',
      '.inf',
      'true',
      '\r\n',
      '\uFEFF',
      'sk-ant-',
    ],
  ],
  mostBytes: 600,
  async run(input) {
    const parsed = parseConfig(textOf(input));
    for (const { path, message, line } of parsed.faults) {
      assert.ok(typeof path === 'string' && message !== '', 'a fault without words');
      assert.ok(line === undefined || line >= 1, 'a fault without a place');
    }
    assert.equal(({} as Record<string, unknown>).port, undefined, 'settings reached the prototype');
    if (parsed.faults.length > 0) return;
    configSchema.parse(parsed.settings);
    for (const edit of edits) {
      await refusing(/^invalid_config$/, () => {
        const after = parseConfig(editConfig(parsed.text, parsed, [edit]));
        assert.deepEqual(after.faults, [], 'an edit broke the file');
      });
    }
  },
};

const events: FuzzTarget = {
  name: 'event-stream',
  covers: within('/server/cli/link/', 'eventsource-parser'),
  seeds: [
    'id: 1\ndata: {"type":"session.start"}\n\n',
    ': keep-alive\n\ndata: {}\r\n\r\n',
    'event: x\ndata: [\ndata: 1]\n\nretry: 5\n\n',
  ],
  dictionary: ['data: ', 'id: ', 'event: ', 'retry: ', '\n\n', '\r\n', '\r', ':', '\uFEFF', '{}', '\0'],
  run: (input) =>
    refusing(/^answer_unreadable$/, async () => {
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          for (let at = 0; at < input.length; at += 7) controller.enqueue(input.slice(at, at + 7));
          controller.close();
        },
      });
      await Array.fromAsync(readEvents(body));
    }),
};

const environment: FuzzTarget = {
  name: 'env-file',
  covers: within('/server/secrets/env-file/'),
  seeds: ['A=1\nexport B="x\\ny" # z\nC=\'$D\'\n', 'A=`x\ny`\r\nB\n'],
  dictionary: ['export ', '=', '"', "'", '`', '\\n', '#', '$', '{A}', '\r\n', '\r', '\uFEFF'],
  run(input) {
    const text = textOf(input);
    const mostLines = text.split(/\r\n|\r|\n/).length;
    for (const { line } of parseEnvFile(text)) assert.ok(line >= 1 && line <= mostLines, 'a line that is not there');
  },
};

const hello = Buffer.from(
  '16030100560100005203030000000000000000000000000000000000000000000000000000000000000000000002130101000027000000120010000000000d6578616d706c652e636f6d2e78000a00040002001d000b00020100002b0003020304',
  'hex',
);
const clientHello: FuzzTarget = {
  name: 'client-hello',
  covers: within('/server/sandbox/egress/client-hello'),
  seeds: [hello, hello.subarray(0, 20), 'GET / HTTP/1.1\r\n'],
  dictionary: ['\x16\x03\x01', '\0\0', '\0\x0c', 'example.com', '\x01\0\0'],
  run(input) {
    const opening = readClientHello(Buffer.from(input));
    if (opening.kind !== 'tls' || opening.serverName === undefined) return;
    assert.ok(Buffer.from(input).includes(opening.serverName.slice(0, 1), 0, 'latin1'), 'a name that was not sent');
  },
};

const skillHead: FuzzTarget = {
  name: 'skill-head',
  covers: within('/server/skills/'),
  seeds: [
    '---\nname: pdf\ndescription: Reads.\n---\nDo it.\n',
    '---\nname: a\ndescription: b\nallowed-tools: [Read]\n---\r\nx',
  ],
  dictionary: [
    '---\n',
    'name: ',
    'description: ',
    'allowed-tools: ',
    'tools: ',
    '\r\n',
    '[',
    ']',
    '&a ',
    '*a',
    '|\n  ',
    '\uFEFF',
  ],
  run: (input) => refusing(/^skill_invalid$/, () => fromMarkdown(textOf(input))),
};

export const parserTargets: readonly FuzzTarget[] = [
  shellRules,
  lines,
  frames,
  settings,
  events,
  environment,
  clientHello,
  skillHead,
];
