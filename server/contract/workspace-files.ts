/** Files of a session's workspace as a person sees them. Paths are relative to `/workspace`, without a slash before. */

export interface FileEntry {
  name: string;
  type: 'file' | 'directory' | 'symlink' | 'other';
  /** 0 for what is not a plain file. */
  sizeBytes: number;
  modifiedAt: number;
}

export interface FolderListing {
  path: string;
  entries: FileEntry[];
  /** There are more than are told. */
  hasMore: boolean;
  /** Who was asked: the running sandbox, or the folder that it left. */
  from: 'sandbox' | 'folder';
}

/** One difference between the workspace now and when its session first used it. */
export interface WorkspaceChange {
  path: string;
  change: 'added' | 'changed' | 'removed';
  type: FileEntry['type'];
  sizeBytes?: number;
  beforeBytes?: number;
}

export interface WorkspaceChanges {
  /** When the start was noted; absent: it was not, and there is nothing to compare with. */
  since?: number;
  changes: WorkspaceChange[];
  /** False: there is more than was compared. */
  isWhole: boolean;
}

/** One changed file. Without a patch `reason` says why. */
export interface FileDifference {
  path: string;
  /** A unified diff. */
  patch?: string;
  reason?: 'binary' | 'too_large' | 'not_kept' | 'not_a_file';
}

/** What is told while somebody follows a workspace. */
export type WorkspaceNews =
  | { type: 'ready'; by: 'inotify' | 'polling' }
  | { type: 'changed'; paths: string[]; isWhole: boolean };

export const mostListed = 5000;
