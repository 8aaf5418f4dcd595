import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFileKeeper } from '../../agent/attached-files.ts';
import { echoTool } from '../../agent/testing/harness.ts';
import { ask, readEvents } from '../../agent/testing/manager.ts';
import { startMockUpstream } from '../../agent/testing/mock-upstream.ts';
import type { Tool } from '../../agent/tools/tool.ts';
import { systemClock } from '../../lib/clock.ts';
import { type Logger, silentLogger } from '../../telemetry/logger.ts';
import type { Plugin } from '../plugin.ts';
import { createPluginHost } from '../plugin-host.ts';
import { createPluginBench } from '../testing/plugin-bench.ts';
import { attachmentHints } from './attachment-hints.ts';
import { requestLogger } from './request-logger.ts';

describe('attachment hints', () => {
  let dataDir: string;
  const key = { tenantId: 'default', userId: 'default', sessionId: 'ses_1' };
  const file = (name: string, mimeType: string, bytes = 'x') => ({
    ...{ name, mimeType, sizeBytes: bytes.length },
    read: async () => Buffer.from(bytes),
  });

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'agentrail-hints-'));
  });

  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  async function messageFor(plugins: Plugin[], files: ReturnType<typeof file>[]) {
    const counted: string[] = [];
    const host = createPluginHost({
      load: async () => ({ plugins, failed: [] }),
      ...{ clock: systemClock, logger: silentLogger },
      count: (plugin, hook) => counted.push(`${plugin} ${hook}`),
    });
    await host.start();
    const keepFiles = createFileKeeper({
      dataDir,
      namesInWorkspace: async () => [],
      putIntoWorkspace: async () => undefined,
      describe: host.describeFiles,
    });
    return { text: String(await keepFiles(key, 'Look at these', files)), counted };
  }

  test('tell by kind, each under the name that it was kept as', async () => {
    const { text } = await messageFor(
      [attachmentHints()],
      [
        file('sales.csv', 'text/csv'),
        file('sales.csv', 'text/csv'),
        file('deck.PDF', 'application/octet-stream'),
        file('code.zip', 'application/zip'),
        file('nothing.bin', 'application/octet-stream', ''),
        file('plain.txt', 'text/plain'),
        file('long.log', 'text/plain', 'x'.repeat(300_000)),
      ],
    );
    const hints = text.split('How to go about them:\n')[1]?.split('\n') ?? [];
    expect(hints.map((line) => line.slice(2).split(' is ')[0])).toEqual(
      ['sales.csv', 'sales-2.csv', 'deck.PDF', 'code.zip', 'nothing.bin', 'long.log'].map((name) =>
        expect.stringMatching(new RegExp(`/workspace/uploads/${name.replace('-2', '.*2.*')}`)),
      ),
    );
    expect(hints[0]).toContain('a table');
    expect(hints[2]).toContain('a PDF');
    expect(hints[4]).toContain('empty');
    expect(text).not.toContain('plain.txt is');
  });

  test('say nothing where there is nothing to say', async () => {
    const { text } = await messageFor([attachmentHints()], [file('plain.txt', 'text/plain')]);
    expect(text).not.toContain('How to go about');
  });

  test('a handler of another plugin reads what was kept; one that breaks costs nobody the message', async () => {
    const reader: Plugin = {
      name: 'reader',
      version: '1',
      attachmentHandler: async ([first]) => `It begins with ${String(await first?.read()).slice(0, 5)}.`,
    };
    const broken: Plugin = {
      name: 'broken',
      version: '1',
      priority: 9,
      attachmentHandler: () => Promise.reject(new Error()),
    };
    const { text, counted } = await messageFor([reader, broken], [file('a.txt', 'text/plain', 'hello world')]);
    expect(text).toMatch(/^Look at these\n\n[\s\S]*\n\nIt begins with hello\.$/);
    expect(counted).toEqual(['broken attachmentHandler']);
  });
});

test('the request logger writes a line per request, turn and tool call, without anybody’s words', async () => {
  const lines: { msg: string; fields: Record<string, unknown> }[] = [];
  const logger: Logger = { ...silentLogger, info: (msg, fields = {}) => void lines.push({ msg, fields }) };
  const plugin = requestLogger();
  const logged: Plugin = {
    ...plugin,
    onRequestStart: (run, scope) => plugin.onRequestStart?.(run, { ...scope, logger }),
    onTurnPersisted: (run, turn, scope) => plugin.onTurnPersisted?.(run, turn, { ...scope, logger }),
    onAfterToolCall: (call, output, scope) => plugin.onAfterToolCall?.(call, output, { ...scope, logger }),
    onRequestEnd: (run, outcome, scope) => plugin.onRequestEnd?.(run, outcome, { ...scope, logger }),
  };
  const upstream = await startMockUpstream({
    script: (_request, index) =>
      index === 0
        ? { blocks: [{ type: 'toolCall', name: 'Echo', args: { text: 'tiger' } }], usage: { input: 10, output: 5 } }
        : { blocks: [{ type: 'text', text: 'tiger again' }], usage: { input: 20, output: 7 } },
  });
  const bench = await createPluginBench([logged], upstream, { tools: [echoTool as Tool] });
  try {
    const run = await bench.manager.runs.start(ask('the password is tiger'));
    await readEvents(run);
    await run.done;
    expect(lines.map(({ msg }) => msg)).toEqual([
      ...['request.start', 'request.tool', 'request.turn', 'request.turn', 'request.end'],
    ]);
    const about = { runId: run.runId, sessionId: run.sessionId, tenantId: 'default', userId: 'default' };
    for (const { fields } of lines) expect(fields).toMatchObject(about);
    expect(lines[0]?.fields).toMatchObject({ messageChars: 21, attachments: 0, agentId: 'default' });
    expect(lines[1]?.fields).toMatchObject({ toolName: 'Echo', isError: false });
    expect(lines[4]?.fields).toMatchObject({ stopReason: 'stop', turns: 2, inputTokens: 30, outputTokens: 12 });
    expect(JSON.stringify(lines)).not.toContain('tiger');
  } finally {
    await bench.close();
    await upstream.close();
  }
});
