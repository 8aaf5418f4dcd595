import { describe, expect, it } from 'vitest';
import { type LogContext, type Logger, silentLogger } from '../../telemetry/logger.ts';
import { json, makeConsole } from '../fakes.test-support.ts';

const fault = { kind: 'error', message: 'TypeError: x is not a function', page: '/logs', times: 1 };

/** A console whose log is kept. */
function open() {
  const lines: Record<string, unknown>[] = [];
  const logger: Logger = {
    ...silentLogger,
    log: (level, msg, fields) => lines.push({ level, msg, ...fields }),
    warn: (msg, fields) => lines.push({ level: 'warn', msg, ...fields }),
    child: (_: LogContext) => logger,
  };
  const made = makeConsole({ logger });
  const post = (body: unknown) =>
    made.ask('/console/api/page-faults', json('POST', body, { 'User-Agent': 'Browser/1' }));
  return { ...made, lines, post };
}

describe('faults of pages', () => {
  it('become lines of the log, with what is known of them', async () => {
    const { post, lines } = open();
    const policy = { kind: 'policy', message: 'script-src', page: '/', target: 'https://elsewhere.example', times: 3 };
    const response = await post({ faults: [{ ...fault, stack: 'at a', source: '/assets/a.js:1:2' }, policy], left: 2 });
    expect(await response.json()).toEqual({ taken: 2 });
    expect(lines).toEqual([
      {
        ...{ level: 'error', msg: 'A page of the console had a fault.', kind: 'error', browser: 'Browser/1' },
        ...{ message: fault.message, page: '/logs', stack: 'at a', source: '/assets/a.js:1:2' },
      },
      {
        ...{ level: 'warn', msg: 'A page of the console was kept from something by its security policy.' },
        ...{ kind: 'policy', browser: 'Browser/1', message: 'script-src', page: '/', times: 3 },
        target: 'https://elsewhere.example',
      },
      { level: 'warn', msg: 'A page of the console had more faults than it could tell.', left: 2 },
    ]);
  });

  it.each([
    { faults: [], left: 0 },
    { faults: Array.from({ length: 21 }, () => fault), left: 0 },
    { faults: [{ ...fault, message: 'x'.repeat(1001) }], left: 0 },
    { faults: [{ ...fault, kind: 'party' }], left: 0 },
    { faults: [{ ...fault, level: 'debug' }], left: 0 },
    { faults: [fault] },
    'x',
  ])('of another shape are refused and nothing is logged: %#', async (body) => {
    const { post, lines } = open();
    expect((await post(body)).status).toBe(400);
    expect(lines).toEqual([]);
  });

  it('of more than 256 KB are refused before they are read', async () => {
    const { post, lines } = open();
    const response = await post({ faults: [{ ...fault, stack: 'x'.repeat(300_000) }], left: 0 });
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ code: 'body_too_large' });
    expect(lines).toEqual([]);
  });

  it('of a page that fails in a loop do not fill the log', async () => {
    const { post, lines, clock } = open();
    const faults = Array.from({ length: 20 }, () => fault);
    for (let count = 0; count < 10; count++) await post({ faults, left: 0 });
    expect(lines).toHaveLength(60);
    await clock.advance(60_000);
    await post({ faults: [fault], left: 0 });
    expect(lines[60]).toMatchObject({ left: 140 });
    expect(lines).toHaveLength(62);
  });
});
