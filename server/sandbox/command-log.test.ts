import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LogLevel, LogLine } from '../contract/logs.ts';
import { createLiveRedactor, createSecretMatcher } from '../secrets/redactor.ts';
import { createLogging } from '../telemetry/logging.ts';
import { createCommandLog } from './command-log.ts';
import { createTestClock } from './fixtures/test-clock.ts';
import { createStderrLog } from './stderr-log.ts';

const secret = 'sk-live-0123456789abcdef0123456789';
const matcher = createSecretMatcher([{ name: 'KEY', value: secret }]);
const redactor = createLiveRedactor(() => matcher);
const ok = { exitCode: 0, signal: null, endedBy: 'exit', durationMs: 12.4 } as const;

let dataDir: string;
let level: LogLevel;
let lines: LogLine[];
let logging: ReturnType<typeof createLogging>;
const clock = createTestClock();

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'command-log-'));
  level = 'debug';
  lines = [];
  const echo = (line: LogLine) => lines.push(line);
  logging = createLogging({ dataDir, level: () => level, redactor: () => redactor, clock, echo });
});
afterEach(async () => {
  await logging.store.close();
  await rm(dataDir, { recursive: true });
});

const logger = () => logging.logger.child({ component: 'sandbox', tenantId: 'acme', sessionId: 'ses_1' });
const commandLog = () => createCommandLog(logger(), clock, 'box');
const bytes = (text: string) => Buffer.from(text);

describe('the log of commands', () => {
  it('has the command, its end and the beginning of both streams under its session', () => {
    const record = commandLog().begin({ shell: 'make all' }, { isTerminal: false });
    record.onOutput('stdout', bytes('bui'));
    record.onOutput('stderr', bytes('careful'));
    record.onOutput('stdout', bytes('lt'));
    record.ended({ ...ok, exitCode: 2 });
    expect(lines).toMatchObject([
      {
        level: 'debug',
        component: 'sandbox',
        tenantId: 'acme',
        sessionId: 'ses_1',
        msg: 'A command ended.',
        fields: {
          container: 'box',
          command: 'make all',
          exitCode: 2,
          durationMs: 12,
          stdout: 'built',
          stderr: 'careful',
        },
      },
    ]);
  });

  it('is not written above level debug', () => {
    level = 'info';
    const record = commandLog().begin(['ls'], { isTerminal: false });
    record.onOutput('stdout', bytes('a'));
    record.ended(ok);
    expect(lines).toEqual([]);
  });

  it.each([0, 8150, 8185, 32_740, 32_760])('shows no part of a secret that stands %i characters in', (before) => {
    const record = commandLog().begin({ shell: 'env' }, { isTerminal: false });
    record.onOutput('stdout', bytes(`${'x'.repeat(before)}${secret}${'y'.repeat(40_000)}`));
    record.ended(ok);
    const [line] = lines;
    expect(JSON.stringify(line)).not.toContain(secret.slice(0, 8));
    expect(JSON.stringify(line).length).toBeLessThan(10_000);
    expect(line?.fields).toMatchObject({ stdoutBytes: before + secret.length + 40_000 });
  });

  it('hides a secret in the command itself, however long the command is', () => {
    commandLog()
      .begin(['curl', '-H', `key: ${secret}`, 'z'.repeat(9000)], { isTerminal: false })
      .ended(ok);
    expect(JSON.stringify(lines)).toContain('[redacted KEY]');
    expect(JSON.stringify(lines)).not.toContain('sk-live');
  });

  it('names bytes that are no text, and keeps nothing of a terminal', () => {
    const binary = commandLog().begin(['cat', 'a.png'], { isTerminal: false });
    binary.onOutput('stdout', Buffer.from([0x89, 0x50, 0]));
    binary.ended(ok);
    const terminal = commandLog().begin(['bash'], { isTerminal: true });
    terminal.onOutput('stdout', bytes('password: hunter2'));
    terminal.ended(ok);
    expect(lines[0]?.fields).toMatchObject({ stdout: '[binary]', stdoutBytes: 3 });
    expect(lines[1]?.fields).toMatchObject({ terminal: true });
    expect(JSON.stringify(lines[1])).not.toContain('hunter2');
  });

  it('is bounded in time, and tells how many lines were left out', () => {
    const log = commandLog();
    for (let count = 0; count < 250; count++) log.begin(['true'], { isTerminal: false }).ended(ok);
    expect(lines).toHaveLength(100);
    clock.advance(10_000);
    log.begin(['true'], { isTerminal: false }).ended(ok);
    expect(lines[100]).toMatchObject({ msg: 'More commands ended than are logged one by one.', fields: { left: 150 } });
    expect(lines).toHaveLength(102);
  });
});

describe('what the agent inside writes to stderr', () => {
  it('is a warning of the session once it has one, redacted and bounded', () => {
    level = 'info';
    const log = createStderrLog(logging.logger.child({ component: 'sandbox' }), clock, 'box');
    log.add(bytes('python3: not found'));
    expect(lines).toEqual([]);
    log.belongsTo(logger());
    log.add(bytes(`Traceback with ${secret}`));
    for (let count = 0; count < 100; count++) log.add(bytes('again'));
    expect(lines).toHaveLength(19);
    expect(lines[0]).toMatchObject({
      level: 'warn',
      sessionId: 'ses_1',
      fields: { container: 'box', text: 'Traceback with [redacted KEY]' },
    });
  });
});
