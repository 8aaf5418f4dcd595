import { type ChecklistItem, type ChecklistReport, checklistGroups } from '../contract/checklist.ts';
import {
  checklistFixes,
  checklistGroupTitles,
  checklistSentences,
  checklistStateWords,
  checklistTitles,
  fillWords,
} from '../contract/checklist-words.ts';

/** What was found, in one sentence. */
export function sentenceOf({ result }: ChecklistItem): string {
  return result ? fillWords(checklistSentences[result.code], result.params) : 'Not tested yet.';
}

export function stateWordOf({ result, isWaived }: ChecklistItem): string {
  if (!result) return 'not tested';
  return isWaived ? `${checklistStateWords[result.state]}, waived` : checklistStateWords[result.state];
}

export function verdictOf({ verdict, toFix, waived }: ChecklistReport): string {
  const accepted = waived === 0 ? '' : `, ${waived} waived`;
  if (verdict === 'ready') return `Ready for production${accepted}`;
  if (verdict === 'untested') return `Not tested completely${accepted}`;
  return `${toFix} ${toFix === 1 ? 'thing' : 'things'} to fix${accepted}`;
}

/** The report for people, to put beside a release. The words in it come redacted. */
export function toMarkdown(report: ChecklistReport): string {
  const parts = [
    `# Production readiness: ${verdictOf(report)}`,
    `Agentrail ${report.version}, ${timeOf(report.madeAt)}`,
    ...Object.entries(checklistGroups).flatMap(([group, ids]) => [
      `## ${checklistGroupTitles[group as keyof typeof checklistGroups]}`,
      ...report.items.filter(({ id }) => ids.some((each) => each === id)).map(itemText),
    ]),
  ];
  return `${parts.join('\n\n')}\n`;
}

function itemText(item: ChecklistItem): string {
  const { id, result, waiver, isWaived } = item;
  const lines = [`### ${checklistTitles[id]}: ${stateWordOf(item)}`, '', plain(sentenceOf(item))];
  if (result) {
    if (result.fix !== undefined) lines.push('', `Fix: ${checklistFixes[result.fix].replace('…', '')}`);
    if (waiver) {
      const counts = isWaived ? `until ${timeOf(waiver.expiresAt)}` : 'counts no more';
      lines.push('', `Waived on ${timeOf(waiver.since)}, ${counts}: ${plain(waiver.reason)}`);
    }
    lines.push('', `Tested ${timeOf(result.testedAt)} in ${result.durationMs} ms.`);
    if (result.evidence.length > 0)
      lines.push('', ...result.evidence.map(({ name, value }) => `- ${code(name)}: ${code(value)}`));
  }
  return lines.join('\n');
}

function timeOf(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** Text that cannot become a heading, a link or markup of its own. */
function plain(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_[\]<>#|]/g, (mark) => `\\${mark}`);
}

/** In ticks, more than any run of ticks inside. */
function code(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  const ticks = '`'.repeat(Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length)) + 1);
  const gap = line.startsWith('`') || line.endsWith('`') || line === '' ? ' ' : '';
  return `${ticks}${gap}${line}${gap}${ticks}`;
}
