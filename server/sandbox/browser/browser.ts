import type { Page, PageState } from './page.ts';

/** A picture of what the page shows, PNG. */
export interface Screenshot {
  bytes: Buffer;
  width: number;
  height: number;
}

/** A session's browser: one page, which ends with the sandbox, when nobody uses it, or on `close`. */
export interface Browser extends Omit<Page, 'receive'> {
  /** Fires when it is gone. */
  readonly gone: AbortSignal;
  /** Ends all of it. Idempotent; resolves when it is gone. */
  close(): Promise<void>;
}

export type { PageState };
