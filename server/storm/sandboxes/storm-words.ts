import type { Config } from '../../contract/config.ts';

/** What an owner of sandboxes is told when it is started. */
export interface OwnerPlan {
  instanceId: string;
  dataDir: string;
  sandboxes: number;
  seed: number;
  round: number;
  sandbox: Partial<Config['sandbox']>;
}

/** One line of what it says. */
export type OwnerWord = { states: Record<string, number> } | { session: string; note: string } | { fault: string };

export const noteOf = (round: number, count: number): string => `notes/${round}-${count}`;
export const noteText = (session: string, note: string): string => `${session} ${note} is safe\n`;

const uploadLines = 200_000;

/** A few megabytes that can be told to be whole. */
export const uploadText = (stamp: string): string => `${stamp}\n`.repeat(uploadLines);

export function isWholeUpload(text: string): boolean {
  const stamp = text.slice(0, text.indexOf('\n'));
  return stamp !== '' && text === uploadText(stamp);
}
