import type { MovedFrom } from '../contract/backups.ts';
import type { IntegrityFinding, QuarantineInfo, QuarantineReport } from '../contract/doctor.ts';
import type { Backups } from './backup/backups.ts';
import type { ScanTotals } from './integrity/scan.ts';

/** What a console does to the data directory as a whole, beside kept data. */
export interface DataCare {
  readonly backups: Backups;
  /** Throws AppError `sessions_elsewhere` (409) when sessions lie in a database. */
  scan(options: {
    onStep(done: number, total: number, name: string): void;
    signal: AbortSignal;
  }): AsyncGenerator<IntegrityFinding, ScanTotals>;
  quarantine(findings: readonly IntegrityFinding[]): Promise<QuarantineReport>;
  putBack(id: string): Promise<QuarantineReport>;
  quarantines(): Promise<QuarantineInfo[]>;
  /** Bytes by name of what lies in the data directory. */
  folders(): Promise<Record<string, number>>;
  /** What a move left in its old place; undefined: nothing. */
  oldCopy(): Promise<MovedFrom | undefined>;
  removeOldCopy(): Promise<MovedFrom>;
}
