import { AppError } from '../../../lib/app-error.ts';
import type { Clock } from '../../../lib/clock.ts';
import { hasBundledBrowser, isBundledImage } from '../../../sandbox/image-status.ts';

/** After this an image is tried again: another one may have taken its name. */
const rememberedMs = 10 * 60_000;

/**
 * Which agents are told of the browser. Our own images tell it by their name; others are believed to have one until one
 * was looked for and not found.
 */
export interface BrowserOffer {
  isOffered(agentId: string): boolean;
  /** Hands on what `opening` gives and remembers an image without a browser. */
  learn<T>(image: string, opening: Promise<T>): Promise<T>;
}

export function createBrowserOffer(imageFor: (agentId: string) => string, clock: Clock): BrowserOffer {
  const missing = new Map<string, number>();
  return {
    isOffered(agentId) {
      const image = imageFor(agentId);
      if (isBundledImage(image)) return hasBundledBrowser(image);
      const since = missing.get(image);
      return since === undefined || clock.monotonic() - since > rememberedMs;
    },
    async learn(image, opening) {
      try {
        return await opening;
      } catch (fault) {
        if (fault instanceof AppError && fault.code === 'browser_missing') missing.set(image, clock.monotonic());
        throw fault;
      }
    },
  };
}
