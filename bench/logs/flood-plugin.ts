/**
 * Source of a plugin that logs as fast as `flood.json` in the folder asks, once that file appears, and then tells in
 * `flood-done.json` how many lines it logged in what time.
 */
export function floodPlugin(folder: string): string {
  return `
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
const order = ${JSON.stringify(`${folder}/flood.json`)};
const done = ${JSON.stringify(`${folder}/flood-done.json`)};
export default {
  name: 'flood',
  version: '1.0.0',
  start({ logger }) {
    let began, wanted, count = 0;
    const timer = setInterval(() => {
      if (began === undefined) {
        if (!existsSync(order)) return;
        wanted = JSON.parse(readFileSync(order, 'utf8'));
        began = performance.now();
      }
      const total = wanted.seconds * wanted.rate;
      const due = Math.min(total, Math.floor(((performance.now() - began) / 1000) * wanted.rate));
      // A busy machine is not overrun: what is late is caught up in pieces.
      for (const end = Math.min(due, count + 1000); count < end; count++) {
        logger.info('flood ' + count + ' of this run', { method: 'POST', path: '/api/chat/stream', status: 200, ms: count });
      }
      if (count < total) return;
      clearInterval(timer);
      writeFileSync(done, JSON.stringify({ count, tookMs: performance.now() - began }));
    }, 10);
    timer.unref();
  },
};
`;
}
