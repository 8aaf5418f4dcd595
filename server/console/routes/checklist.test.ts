import { describe, expect, it } from 'vitest';
import type { ChecklistProgress, ChecklistReport } from '../../contract/checklist.ts';
import { systemClock } from '../../lib/clock.ts';
import type { Check } from '../../production-checklist/check.ts';
import { fakeSurroundings } from '../../production-checklist/fake-surroundings.test-support.ts';
import { createProductionChecklist } from '../../production-checklist/production-checklist.ts';
import { silentLogger } from '../../telemetry/logger.ts';
import { json, makeConsole } from '../fakes.test-support.ts';

const at = '/console/api/checklist';
const day = 86_400_000;

async function make(checks?: readonly Check[]) {
  const checklist = createProductionChecklist({
    ...{ at: await fakeSurroundings(), redact: (text: string) => text, clock: systemClock, logger: silentLogger },
    ...(checks && { checks }),
  });
  return makeConsole({ checklist });
}

async function eventsOf(response: Response): Promise<ChecklistProgress[]> {
  expect(response.headers.get('Content-Type')).toBe('text/event-stream');
  const blocks = (await response.text()).split('\n\n').filter((block) => block !== '');
  return blocks.map((block) => JSON.parse(block.replace(/^data: /, '')) as ChecklistProgress);
}

const tight: Check = {
  id: 'disk',
  run: async () => ({ state: 'warning', code: 'disk_tight', params: { percent: 9 }, evidence: [], fix: 'open_data' }),
};
const origins: Check = {
  id: 'cors',
  run: async () => ({ state: 'warning', code: 'cors_default', evidence: [], fix: 'set_origins' }),
};

describe('the production checklist in the console', () => {
  it('is tested with progress, item by item, and told as it was last', async () => {
    const { ask } = await make();
    expect(await (await ask(at)).json()).toMatchObject({ verdict: 'untested' });
    const events = await eventsOf(await ask(`${at}/run`, json('POST', { ids: ['docker', 'update'] })));
    expect(events.filter(({ type }) => type === 'item')).toHaveLength(2);
    expect(events.at(-1)).toMatchObject({ type: 'done', report: { toFix: 0 } });
    const report = (await (await ask(at)).json()) as ChecklistReport;
    expect(report.items.flatMap(({ id, result }) => (result ? [id] : [])).sort()).toEqual(['docker', 'update']);
  });

  it('refuses ids, reasons, times and formats that are none, with a sentence', async () => {
    const { ask } = await make([tight]);
    await eventsOf(await ask(`${at}/run`, json('POST', {})));
    for (const [path, init] of [
      ['/run', json('POST', { ids: ['nothing'] })],
      ['/run', json('POST', { ids: [] })],
      ['/nothing/waiver', json('PUT', { reason: 'known', expiresAt: Date.now() + day })],
      ['/disk/waiver', json('PUT', { reason: ' ', expiresAt: Date.now() + day })],
      ['/disk/waiver', json('PUT', { reason: 'known', expiresAt: 1 })],
      ['/disk/waiver', json('PUT', { reason: 'known' })],
      ['/export?format=pdf', {}],
      ['/cors/fix', json('POST', { origins: ['*'] })],
    ] as const) {
      const response = await ask(at + path, init);
      expect(response.status, path).toBe(400);
      expect(await response.json()).toMatchObject({ code: expect.any(String), error: expect.any(String) });
    }
  });

  it('keeps a waiver until it is ended, and exports what it says', async () => {
    const { ask } = await make([tight]);
    await eventsOf(await ask(`${at}/run`, json('POST', {})));
    const waiver = { reason: 'A new disk comes', expiresAt: Date.now() + day };
    expect(await (await ask(`${at}/disk/waiver`, json('PUT', waiver))).json()).toMatchObject({ toFix: 0, waived: 1 });
    const markdown = await ask(`${at}/export?format=markdown`);
    expect(markdown.headers.get('Content-Disposition')).toBe('attachment; filename="agentrail-readiness.md"');
    expect(await markdown.text()).toContain('The disk has headroom: warning, waived');
    expect(await (await ask(`${at}/export?format=json`)).json()).toMatchObject({ waived: 1 });
    const ended = await ask(`${at}/disk/waiver`, { method: 'DELETE' });
    expect(await ended.json()).toMatchObject({ toFix: 1, waived: 0 });
  });

  it('carries out the fix that is offered, and no other', async () => {
    const { ask, config } = await make([tight, origins]);
    await eventsOf(await ask(`${at}/run`, json('POST', {})));
    const fixed = await ask(`${at}/cors/fix`, json('POST', { origins: ['https://app.example.com'] }));
    expect(fixed.status).toBe(200);
    expect(config.changed).toEqual([{ 'server.allowedOrigins': ['https://app.example.com'] }]);
    expect((await ask(`${at}/disk/fix`, json('POST', {}))).status).toBe(409);
    expect((await ask(`${at}/logs/fix`, json('POST', {}))).status).toBe(409);
  });

  it('is not offered where the data directory is somebody else’s concern', async () => {
    const { ask } = makeConsole();
    expect((await ask(at)).status).toBe(503);
  });
});
