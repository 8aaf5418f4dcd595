import type { Command } from 'commander';
import type { IntegrityFinding, IntegrityProgress, QuarantineReport } from '../contract/doctor.ts';
import type { ConsoleClient } from './link/with-console.ts';
import { type DataFlags, exitCodes } from './opened-data.ts';
import { say, sayPlain } from './output.ts';
import { onConsole } from './verbs.ts';

interface QuarantineFlags extends DataFlags {
  yes?: boolean;
}

/** The server takes so many at once; the same command goes on with the rest. */
const mostAtOnce = 1000;

/** `agentrail data quarantine`: what the integrity check of the Data page finds, and takes out of the way. */
export function addQuarantineCommand(command: Command): void {
  command
    .description('look for damage in what is kept, and take it out of the way')
    .option('--yes', 'really; without it the command shows what would go')
    .action((flags: QuarantineFlags) => onConsole(flags, (console) => look(console, flags)));
}

async function look(console: ConsoleClient, { yes, json }: QuarantineFlags): Promise<number> {
  const findings: IntegrityFinding[] = [];
  const { report } = await console.follow<IntegrityProgress>(console.api.data.integrity.$post(), (event) => {
    if (event.type === 'finding') findings.push(event.finding);
  });
  const takable = findings.filter(({ canQuarantine }) => canQuarantine);
  const taken = yes && takable.length > 0 ? await take(console, takable.slice(0, mostAtOnce)) : undefined;
  if (json) say(JSON.stringify({ ...report, found: findings, ...(taken && { taken }) }));
  else tell(findings, taken);
  const isClean = findings.length === (taken?.quarantined ?? 0);
  return isClean ? exitCodes.fine : exitCodes.problem;
}

function take({ api, ask }: ConsoleClient, findings: IntegrityFinding[]): Promise<QuarantineReport> {
  return ask<QuarantineReport>(api.data.quarantine.$post({ json: { findings } }));
}

function tell(findings: IntegrityFinding[], taken: QuarantineReport | undefined): void {
  for (const { kind, path, line, canQuarantine } of findings) {
    sayPlain(`${kind}  ${path}${line === undefined ? '' : `:${line}`}${canQuarantine ? '' : '  (stays)'}`);
  }
  if (findings.length === 0) say('Nothing is damaged.');
  else if (taken === undefined) say('Take it out of the way with --yes. It can be put back on the Data page.');
  else {
    say(`${taken.quarantined} taken out of the way, into quarantine/${taken.id}.`);
    for (const { path, reason } of taken.left) sayPlain(`${path}  ${reason}`);
  }
}
