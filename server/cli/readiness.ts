import type { ChecklistItem, ChecklistProgress, ChecklistReport } from '../contract/checklist.ts';
import { checklistFixes, checklistTitles } from '../contract/checklist-words.ts';
import { sentenceOf, stateWordOf, verdictOf } from '../production-checklist/report-text.ts';
import { withConsole } from './link/with-console.ts';
import { type DataFlags, exitCodes } from './opened-data.ts';
import { say } from './output.ts';

/**
 * `agentrail doctor --readiness`: the production checklist, tested now: by the server that runs, or here without one.
 * Fine only when nothing is left to fix: what could not be checked is no proof, and can be waived on the Readiness page.
 */
export function testReadiness(flags: DataFlags, signal: AbortSignal): Promise<number> {
  return withConsole(flags, { signal }, async ({ api, follow }) => {
    const { report } = await follow<ChecklistProgress>(api.checklist.run.$post({ json: {} }), countItems(flags));
    if (flags.json) say(JSON.stringify(report));
    else tell(report);
    return report.verdict === 'ready' ? exitCodes.fine : exitCodes.problem;
  });
}

/** For eyes at a terminal. */
function countItems({ json }: DataFlags): (progress: ChecklistProgress) => void {
  return (progress) => {
    if (json || !process.stderr.isTTY || progress.type !== 'step') return;
    const { done, total } = progress;
    process.stderr.write(`\r${done} of ${total}\u001b[K${done < total ? '' : '\r\u001b[K'}`);
  };
}

function tell(report: ChecklistReport): void {
  for (const item of report.items) tellItem(item);
  say(verdictOf(report));
}

function tellItem(item: ChecklistItem): void {
  const { id, result, waiver, isWaived } = item;
  const gap = ''.padEnd(17);
  say(`${stateWordOf({ ...item, isWaived: false }).padEnd(17)}${checklistTitles[id]}`);
  say(`${gap}${sentenceOf(item)}`);
  if (result?.fix !== undefined) say(`${gap}→ Readiness page: ${checklistFixes[result.fix].replace('…', '')}`);
  if (!waiver) return;
  const until = new Date(waiver.expiresAt).toISOString().slice(0, 10);
  say(`${gap}${isWaived ? `waived until ${until}` : 'its waiver counts no more'}: ${waiver.reason}`);
}
