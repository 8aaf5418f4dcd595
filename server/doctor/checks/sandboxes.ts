import type { CheckOutcome } from '../run-checks.ts';
import type { DoctorSurroundings } from '../surroundings.ts';

const mostNamed = 20;
const noEngine: CheckOutcome = { state: 'not_applicable', evidence: 'No engine is connected.' };

/** Every endpoint that was tried, with what it said. */
export async function checkDocker({ engine, config }: DoctorSurroundings): Promise<CheckOutcome> {
  const { state, version, apiVersion, endpoint, problem, fixCommand, tries } = await engine();
  const details = tries.map(
    (each) =>
      `${each.endpoint}  ${each.origin}  ${each.state.replaceAll('_', ' ')}${each.error === undefined ? '' : `: ${each.error}`}`,
  );
  if (state === 'connected') {
    const evidence = `Docker ${version ?? ''} (API ${apiVersion ?? '?'}) answers at ${endpoint ?? 'its socket'}.`;
    return { state: 'ok', evidence, details };
  }
  return {
    ...{ state: config().settings.sandbox.required ? 'bad' : 'warn', details },
    evidence: `Not connected: ${state.replaceAll('_', ' ')}. Places tried: ${tries.length}.`,
    fix: problem ?? 'Start Docker, then try again.',
    ...(fixCommand !== undefined && { command: fixCommand }),
    repair: 'engine',
  };
}

export async function checkImage({ image }: DoctorSurroundings): Promise<CheckOutcome> {
  const found = await image();
  if (found === undefined) return noEngine;
  const { state, reference, pinned, imageId, sizeBytes, problem, fixCommand } = found;
  if (state === 'missing') {
    const fix = problem ?? 'Build or pull it on the Sandboxes page.';
    return {
      state: 'warn',
      evidence: `${reference} is not there.`,
      fix,
      ...(fixCommand !== undefined && { command: fixCommand }),
    };
  }
  if (state === 'unknown') return { state: 'could_not_check', evidence: problem ?? 'The engine did not tell.' };
  const size = sizeBytes === undefined ? '' : `, ${(sizeBytes / 1e6).toFixed(0)} MB`;
  const evidence = `${reference} ${state === 'building' ? 'is being built' : 'is there'}${size}.`;
  const details = imageId === undefined ? [] : [imageId];
  if (pinned) return { state: 'ok', evidence, details };
  const fix = 'Name it with its digest or version, so that it cannot change under our feet.';
  return { state: 'warn', evidence: `${evidence} Its tag can come to mean another image.`, details, fix };
}

/** What owners left that are gone. Whose owner cannot be asked is told apart and never counted. */
export async function checkContainers({ leftovers }: DoctorSurroundings): Promise<CheckOutcome> {
  const plan = await leftovers();
  if (plan === undefined) return noEngine;
  if (plan.problem !== undefined) return { state: 'could_not_check', evidence: plan.problem };
  const kept = plan.kept.map(({ name, reason }) => `${name}  kept: ${reason}`);
  const left = plan.items.filter(({ kind }) => kind === 'container');
  const details = [...left.map(({ name, reason }) => `${name}  ${reason.replaceAll('_', ' ')}`), ...kept].slice(
    0,
    mostNamed,
  );
  if (left.length === 0) return { state: 'ok', evidence: 'No container of an owner that is gone.', details };
  return {
    state: 'warn',
    evidence: `${left.length} containers of owners that are gone.`,
    details,
    fix: 'Remove them; their workspaces stay.',
    command: 'agentrail sandboxes clean --apply',
    ...(left.some(({ reason }) => reason === 'owner_gone') && { repair: 'containers' }),
  };
}
