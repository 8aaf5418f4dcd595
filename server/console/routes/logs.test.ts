import { describe, expect, it } from 'vitest';
import { logLine, makeConsole, settle } from '../fakes.test-support.ts';

describe('the log routes', () => {
  it('asks the store with the filter, numbers read from the address', async () => {
    const { ask, logs } = makeConsole();
    const response = await ask(
      '/console/api/logs?minLevel=warn&component=run&text=a%20b&toTime=12&beforeSeq=3&limit=7',
    );
    expect(await response.json()).toEqual({ lines: [logLine(1)], hasMore: false });
    expect(logs.filters).toEqual([
      { minLevel: 'warn', component: 'run', text: 'a b', toTime: 12, beforeSeq: 3, limit: 7 },
    ]);
  });

  it.each(['minLevel=loud', 'limit=0', 'limit=9999', 'toTime=x', 'beforeSeq=1&afterSeq=2', 'fields=x', 'fields=[{}]'])(
    'refuses %s',
    async (query) => {
      const { ask } = makeConsole();
      for (const path of ['logs', 'logs/download']) {
        expect((await ask(`/console/api/${path}?${query}`)).status).toBe(400);
      }
    },
  );

  it('hands all matching lines over as a file', async () => {
    const { ask, logs } = makeConsole();
    const response = await ask('/console/api/logs/download?runId=run_1');
    expect(response.headers.get('Content-Type')).toContain('application/x-ndjson');
    expect(response.headers.get('Content-Disposition')).toBe(
      'attachment; filename="agentrail-logs-2026-01-15T12-00-00.ndjson"',
    );
    const lines = (await response.text()).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([logLine(1), logLine(2), logLine(3)]);
    expect(logs.filters[0]).toMatchObject({ runId: 'run_1' });
  });

  it('stops reading when the download is given up', async () => {
    const { ask, logs } = makeConsole();
    const reader = (await ask('/console/api/logs/download')).body?.getReader();
    await reader?.read();
    await reader?.cancel();
    await settle();
    expect(logs.exportEnded).toBe(true);
  });
});
