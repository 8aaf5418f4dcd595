/** What happened while nobody looked. */

export const noticeCodes = [
  'run_failed',
  'question_waiting',
  'permission_waiting',
  'image_missing',
  'disk_low',
  'backup_failed',
  'server_failed',
  'key_rejected',
] as const;
export type NoticeCode = (typeof noticeCodes)[number];

export interface Notice {
  /** Unique; the same happening told twice has the same one. */
  id: string;
  code: NoticeCode;
  severity: 'info' | 'warn' | 'bad';
  /** Values for the translated sentence. */
  params: Record<string, string>;
  /** Milliseconds since 1970. */
  at: number;
  isRead: boolean;
  /** What it told of is over: answered, fixed, or ended by itself. */
  isOver: boolean;
  /** The session to open; absent: the page of the code. */
  session?: { tenantId: string; userId: string; sessionId: string };
}
