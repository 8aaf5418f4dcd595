import type { LogFilter, LogLine, LogOverview, LogPage, LogPlace } from '../contract/logs.ts';

/** Keeps log lines: NDJSON files below `{dataDir}/logs`, and the latest in memory. Everything in it is redacted. */
export interface LogStore {
  /**
   * Reads backwards from the newest matching line, or forwards after a place; rotated files included. Rejects with
   * AppErrors `invalid_regex`, `regex_too_slow`, `log_search_failed`.
   */
  query(filter: LogFilter, signal?: AbortSignal): Promise<LogPage>;
  /** All matching lines as NDJSON, oldest first. */
  export(filter: LogFilter, signal?: AbortSignal): AsyncIterable<string>;
  overview(options: { buckets: number }): Promise<LogOverview>;
  /** Number of the line at a place; undefined when the log ends before it. */
  find(place: LogPlace): Promise<number | undefined>;
  /** Called with each new line; must not throw. Returns the unsubscriber. */
  subscribe(listener: (line: LogLine) => void): () => void;
  /** Resolves after everything written so far reached the file. */
  flush(): Promise<void>;
  /** Calls `work` while no file is open and nothing is written, so that files may be replaced; lines wait meanwhile. */
  whileClosed?(work: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}
