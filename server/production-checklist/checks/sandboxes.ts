import { AppError, messageOf } from '../../lib/app-error.ts';
import { isBundledImage } from '../../sandbox/image-status.ts';
import type { SandboxTrial } from '../../sandbox/sandbox-trial.ts';
import { sandboxSettingWarnings } from '../../sandbox/setting-warnings.ts';
import { type Check, type Finding, seen } from '../check.ts';
import type { ChecklistSurroundings } from '../surroundings.ts';

const trialTimeoutMs = 90_000;

export const docker: Check = {
  id: 'docker',
  timeoutMs: 20_000,
  async run(at) {
    const began = at.monotonic();
    const engine = await at.engine();
    const tookMs = Math.round(at.monotonic() - began);
    if (engine.state === 'connected') {
      const evidence = [
        seen('endpoint', engine.endpoint ?? ''),
        seen('version', `${engine.version ?? ''}, API ${engine.apiVersion ?? ''}, ${engine.os ?? ''}`),
        seen('answered in', `${tookMs} ms`),
      ];
      return { state: 'passed', code: 'docker_answers', params: { version: engine.version ?? '' }, evidence };
    }
    const params = { problem: engine.problem ?? engine.state };
    const evidence = engine.tries.map(({ endpoint, state, error }) => seen(endpoint, `${state} ${error ?? ''}`.trim()));
    return { state: 'failed', code: 'docker_missing', params, evidence, fix: 'open_sandboxes' };
  },
};

export const imagePinned: Check = {
  id: 'image_pinned',
  timeoutMs: 20_000,
  async run(at): Promise<Finding> {
    const { reference, state, pinned, imageId, digest, usedImageId, createdAt } = await at.image();
    const params = { image: reference };
    const evidence = [seen('sandbox.image', reference), seen('at the engine', state)];
    if (imageId !== undefined) evidence.push(seen('image id', imageId));
    if (digest !== undefined) evidence.push(seen('digest', digest));
    if (usedImageId !== undefined) evidence.push(seen('in use', usedImageId));
    if (createdAt !== undefined) evidence.push(seen('made', new Date(createdAt).toISOString()));
    const isByDigest = reference.includes('@sha256:') || reference.startsWith('sha256:');
    if (state === 'missing') return { state: 'failed', code: 'image_missing', params, evidence, fix: 'open_sandboxes' };
    if (isByDigest)
      return { state: 'passed', code: state === 'present' ? 'image_by_digest' : 'image_pinned_unseen', evidence };
    if (pinned && isBundledImage(reference)) {
      const code = state === 'present' ? 'image_built_here' : 'image_pinned_unseen';
      return { state: 'passed', code, evidence };
    }
    // One that was built here has no digest; its id names it just as surely.
    const fixValue = digest ?? imageId;
    const fix =
      fixValue === undefined ? ({ fix: 'open_settings' } as const) : ({ fix: 'pin_image', fixValue } as const);
    return pinned
      ? { state: 'warning', code: 'image_tag', params, evidence, ...fix }
      : { state: 'failed', code: 'image_floating', params, evidence, ...fix };
  },
};

/** Undefined with the reason when there can be none. */
async function tryOne(
  at: ChecklistSurroundings,
  signal: AbortSignal,
): Promise<{ trial: SandboxTrial } | { refused: Finding }> {
  try {
    return { trial: await at.trySandbox(signal) };
  } catch (error) {
    signal.throwIfAborted();
    const evidence = [seen('fault', error instanceof AppError ? error.code : 'internal')];
    const params = { reason: messageOf(error) };
    return {
      refused: { state: 'could_not_check', code: 'sandbox_refused', params, evidence, fix: 'open_sandboxes' },
    };
  }
}

export const sandboxPrivilege: Check = {
  id: 'sandbox_privilege',
  timeoutMs: trialTimeoutMs,
  async run(at, signal) {
    const answer = await tryOne(at, signal);
    if ('refused' in answer) return answer.refused;
    const { inside } = answer.trial;
    const evidence = Object.entries(inside).map(([name, value]) => seen(`inside: ${name}`, value));
    const faults = privilegeFaults(inside);
    if (faults.length > 0) {
      const params = { faults: faults.join(', ') };
      return { state: 'failed', code: 'privilege_too_much', params, evidence, fix: 'open_sandboxes' };
    }
    const settings = at.settings().sandbox;
    evidence.push(seen('sandbox.network', settings.network));
    const risky = sandboxSettingWarnings(settings).filter(({ code }) => code !== 'image_not_pinned');
    if (risky.length === 0) return { state: 'passed', code: 'privilege_least', evidence };
    evidence.push(...risky.map(({ code, sentence }) => seen(code, sentence)));
    const params = { settings: risky.map(({ code }) => settingOf[code]).join(', ') };
    return { state: 'warning', code: 'privilege_settings', params, evidence, fix: 'open_settings' };
  },
};

const settingOf = {
  secrets_granted: 'sandbox.grantSecrets',
  host_services_open: 'sandbox.allowHostServices',
  image_not_pinned: 'sandbox.image',
};

/** What a sandbox must be, by what commands in it see; a value that is missing was not as it must be. */
export function privilegeFaults(inside: Readonly<Record<string, string>>): string[] {
  const { uid, capEff, noNewPrivs, seccomp, root, dockerSocket, interfaces } = inside;
  return [
    ...(uid === undefined || uid === '0' ? [`uid ${uid ?? '?'}`] : []),
    ...(capEff === undefined || !/^0+$/.test(capEff) ? [`capabilities ${capEff ?? '?'}`] : []),
    ...(noNewPrivs !== '1' ? [`no_new_privs ${noNewPrivs ?? '?'}`] : []),
    ...(seccomp === '0' || seccomp === undefined ? [`seccomp ${seccomp ?? '?'}`] : []),
    ...(root !== 'read-only' ? [`root ${root ?? '?'}`] : []),
    ...(dockerSocket !== 'absent' ? [`Docker socket ${dockerSocket ?? '?'}`] : []),
    ...(interfaces !== 'lo' ? [`network ${interfaces ?? '?'}`] : []),
  ];
}

export const shutdown: Check = {
  id: 'shutdown',
  timeoutMs: trialTimeoutMs,
  async run(at, signal) {
    const answer = await tryOne(at, signal);
    if ('refused' in answer) return answer.refused;
    const { containerId, startMs, stopMs, left } = answer.trial;
    const { drainMs } = at.settings().shutdown;
    const evidence = [
      seen('container', containerId),
      seen('start and first command', `${Math.round(startMs)} ms`),
      seen('shutdown', `${Math.round(stopMs)} ms`),
      seen('left afterwards', left.join(', ') || 'none'),
      seen('shutdown.drainMs', drainMs),
    ];
    if (left.length > 0) {
      const params = { names: left.join(', ') };
      return { state: 'failed', code: 'shutdown_left', params, evidence, fix: 'open_sandboxes' };
    }
    if (drainMs === 0) return { state: 'warning', code: 'shutdown_no_drain', evidence, fix: 'open_settings' };
    return { state: 'passed', code: 'shutdown_clean', params: { ms: Math.round(stopMs) }, evidence };
  },
};
