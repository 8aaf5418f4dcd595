import type { FileEntry, WorkspaceNews } from '../../contract/workspace-files.ts';

/** One thing of a whole tree. Without a hash it was not touched since the time that was asked for, or is too large. */
export interface ScannedEntry {
  path: string;
  type: FileEntry['type'];
  sizeBytes: number;
  modifiedAt: number;
  sha256?: string | null;
}

export interface OpenedFile {
  sizeBytes: number;
  modifiedAt: number;
  /** Whoever got it reads or cancels it. */
  body: ReadableStream<Uint8Array>;
}

/**
 * The files of one workspace. Links are shown and never followed. Paths are relative to `/workspace`. Faults are AppErrors:
 * `path_outside_workspace`, `file_not_found`, `not_a_file`, `is_directory`, `file_exists`, `permission_denied`, `disk_full`.
 */
export interface FileTree {
  readonly from: 'sandbox' | 'folder';
  list(path: string, signal: AbortSignal): Promise<{ entries: FileEntry[]; hasMore: boolean }>;
  fetch(path: string, signal: AbortSignal): Promise<OpenedFile>;
  /** Makes missing folders and replaces atomically; nothing is left of one that ends early. */
  store(path: string, sizeBytes: number, source: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>;
  makeFolder(path: string, signal: AbortSignal): Promise<void>;
  /** With everything below it. */
  remove(path: string, signal: AbortSignal): Promise<void>;
  /** Never over something that is there. */
  rename(path: string, to: string, signal: AbortSignal): Promise<void>;
  zip(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
  /** Folders before what is in them; what was touched since then comes with its hash. */
  scan(since: number, limit: number, signal: AbortSignal): Promise<{ entries: ScannedEntry[]; hasMore: boolean }>;
  /** Until the signal, or the sandbox goes. Does not count as use. `onNews` must not throw. */
  watch(onNews: (news: WorkspaceNews) => void, signal: AbortSignal): Promise<void>;
}
