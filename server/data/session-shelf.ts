/**
 * Sessions as folders of files, wherever a store keeps them: for archives, and for moving them from one store to
 * another. What the files of a message were, `uploads/`, is in no such folder: it stays where it lies.
 */
export interface SessionShelf {
  /** Whether the tenant has any. */
  has(tenantId: string): Promise<boolean>;
  hasSession(tenantId: string, sessionId: string): Promise<boolean>;
  /** About as many as writing all of them out takes. */
  bytes(tenantId: string): Promise<number>;
  /** The ids of the sessions there are now. */
  sessions(tenantId: string): Promise<string[]>;
  /** Writes the session's files below a folder that is there and empty, as of one moment; false when there is none. */
  writeOut(tenantId: string, sessionId: string, folder: string): Promise<boolean>;
  /**
   * Takes a session in, whole or not at all, from a folder of its files, which it may empty. Throws AppError
   * `session_exists` (409), `not_a_session` (400) when the files say that they are none, or another one.
   */
  takeIn(tenantId: string, sessionId: string, folder: string): Promise<void>;
  /** Removes what `writeOut` writes. */
  drop(tenantId: string, sessionId: string): Promise<void>;
}

/** The only folder of a session that no shelf takes. */
export const uploadsFolder = 'uploads';
