import type { DestroyOutcome } from '../console/api.ts';
import type { CleanUpItem, CleanUpPlan, CleanUpProgress } from '../contract/clean-up.ts';
import type { SandboxInfo } from '../contract/sandbox.ts';
import type { ConsoleClient } from './link/with-console.ts';
import { type DataFlags, exitCodes, inMegabytes, usageError } from './opened-data.ts';
import { say, sayPlain, sayTable } from './output.ts';
import type { CleanFlags } from './sandboxes.ts';

export async function listOfServer({ api, ask }: ConsoleClient, { json }: DataFlags): Promise<number> {
  const { sandboxes } = await ask<{ sandboxes: SandboxInfo[] }>(api.sandboxes.$get());
  if (json) say(JSON.stringify(sandboxes));
  else if (sandboxes.length === 0) say('There are no sandboxes.');
  else {
    sayTable(
      [
        { head: 'NAME', of: ({ id }) => id },
        { head: 'STATE', of: ({ state }) => state },
        {
          head: 'SESSION',
          isCut: true,
          of: (box) => (box.isPooled ? 'warm pool' : `${box.tenantId}/${box.sessionId}`),
        },
      ],
      sandboxes,
    );
  }
  return exitCodes.fine;
}

export async function removeOnServer({ api, ask }: ConsoleClient, names: string[], flags: DataFlags): Promise<number> {
  const json = { ids: [...new Set(names)] };
  const { results } = await ask<{ results: DestroyOutcome[] }>(api.sandboxes.destroy.$post({ json }));
  const outcomes = results.map((each) => ({ name: each.id, ok: each.ok, ...(!each.ok && { error: each.error }) }));
  if (flags.json) say(JSON.stringify(outcomes));
  else for (const { name, error } of outcomes) sayPlain(`${name}  ${error ?? 'removed'}`);
  return outcomes.every(({ ok }) => ok) ? exitCodes.fine : exitCodes.problem;
}

export async function cleanOnServer({ api, ask, follow }: ConsoleClient, flags: CleanFlags): Promise<number> {
  const { plan } = await ask<{ plan: CleanUpPlan }>(api['clean-up'].$get());
  if (!flags.apply) {
    showPlan(plan, flags);
    return plan.problem === undefined ? exitCodes.fine : exitCodes.problem;
  }
  const ids = chosenOf(plan, flags.only).map(({ id }) => id);
  const json = { ids, savesWorkspaces: flags.saveWorkspaces ?? false };
  const done =
    ids.length === 0
      ? { outcomes: [], freedBytes: 0 }
      : await follow<CleanUpProgress>(api['clean-up'].$post({ json }), (progress) => {
          if (flags.json || progress.type !== 'item') return;
          const { outcome } = progress;
          sayPlain(`${progress.done}/${progress.total}  ${outcome.id}  ${outcome.ok ? 'removed' : outcome.error}`);
        });
  say(flags.json ? JSON.stringify(done) : `Freed ${inMegabytes(done.freedBytes)}.`);
  return done.outcomes.every(({ ok }) => ok) ? exitCodes.fine : exitCodes.problem;
}

/** What was named, of what the plan holds; without names all of it. Throws AppError `usage` for one that it does not. */
export function chosenOf({ items }: CleanUpPlan, only: readonly string[] | undefined): CleanUpItem[] {
  if (only === undefined) return items;
  const unknown = only.find((id) => !items.some((item) => item.id === id));
  if (unknown !== undefined) throw usageError(`${unknown} is not in the plan (any more). Nothing was removed.`);
  return items.filter(({ id }) => only.includes(id));
}

export function showPlan(plan: CleanUpPlan, { json, only }: CleanFlags): void {
  const items = chosenOf(plan, only);
  const totalBytes = items.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (json) {
    say(JSON.stringify(only === undefined ? plan : { ...plan, items, totalBytes }));
    return;
  }
  for (const { kind, name, reason, sizeBytes } of items)
    sayPlain([kind, name, reason.replaceAll('_', ' '), inMegabytes(sizeBytes)].join('  '));
  for (const { name, reason } of plan.kept) sayPlain(`kept  ${name}  ${reason}`);
  if (plan.problem !== undefined) process.stderr.write(`${plan.problem}\n`);
  say(`${items.length} things, ${inMegabytes(totalBytes)}. Remove them with --apply.`);
}
