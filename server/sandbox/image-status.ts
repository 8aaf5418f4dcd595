import type { ImageStatus } from '../contract/sandbox.ts';
import type { ContainerEngine } from './container-engine.ts';
import { faultSentence } from './faults.ts';

/** Our own image is built here, never pulled. */
export function isBundledImage(reference: string): boolean {
  return /^agentrail-sandbox(:|$)/.test(reference);
}

/** Of our own images, the one that browser tools need. */
export function hasBundledBrowser(reference: string): boolean {
  return /^agentrail-sandbox:browser\b/.test(reference);
}

/** What a person runs to get an image. */
function commandFor(reference: string): string {
  if (!isBundledImage(reference)) return `docker pull ${reference}`;
  return hasBundledBrowser(reference) ? 'npm run sandbox:image -- --browser' : 'npm run sandbox:image';
}

export async function readImageStatus(engine: ContainerEngine, reference: string): Promise<ImageStatus> {
  const image = await engine.findImage(reference);
  const status = { reference, pinned: isPinned(reference) };
  if (image) {
    return { ...status, state: 'present', ...image };
  }
  return {
    ...status,
    state: 'missing',
    problem: faultSentence('image_missing'),
    fixCommand: commandFor(reference),
  };
}

export function unknownImage(reference: string, problem: string): ImageStatus {
  return { reference, state: 'unknown', pinned: isPinned(reference), problem };
}

/** By digest, or by a tag that says which one it is. */
export function isPinned(reference: string): boolean {
  if (reference.includes('@sha256:')) {
    return true;
  }
  const tag = /:([^/:]+)$/.exec(reference)?.[1];
  return tag !== undefined && tag !== 'latest';
}
