/** Terminals inside sandboxes, as the page sees them. Offsets count bytes of output from the beginning. */

export interface TerminalEnd {
  exitCode: number | null;
  signal: string | null;
  /** `closed` by a person; `lost` with its sandbox. */
  by: 'exit' | 'closed' | 'lost' | 'failed';
  /** Of `failed`: one sentence. */
  reason?: string;
}

export interface TerminalInfo {
  id: string;
  sandboxId: string;
  /** Path of the program that runs there. */
  shell: string;
  startedAt: number;
  cols: number;
  rows: number;
  /** Output so far; what of it is still kept comes again to whoever attaches at 0. */
  offset: number;
  ended?: TerminalEnd;
}

/**
 * The header of one frame of the terminals' stream: u32 length of header, u32 length of body (big endian), the header as
 * JSON, the body. One stream carries any number of terminals.
 */
export type TerminalFrame =
  /** The body is output, and stands at `offset`. */
  | { type: 'output'; id: string; offset: number }
  /** What lies between the last output and `offset` is no longer kept: the screen starts anew. */
  | { type: 'gap'; id: string; offset: number }
  /** Nothing follows. */
  | { type: 'ended'; id: string; end: TerminalEnd }
  /** There is no such terminal, or not any more. */
  | { type: 'gone'; id: string }
  /** Nothing happened for a while. */
  | { type: 'beat' };

export const terminalSizes = { minCols: 2, maxCols: 1000, minRows: 1, maxRows: 1000 } as const;
/** Bytes of input that one request may carry. */
export const maxTerminalInputBytes = 65_536;
