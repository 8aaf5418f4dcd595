import type { MovedFrom, RestoreReport } from '../contract/backups.ts';
import type { IntegrityFinding, QuarantineInfo, QuarantineReport } from '../contract/doctor.ts';
import type { ResetState } from '../contract/factory-reset.ts';
import type { Backups, BackupWork } from './backup/backups.ts';
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
  /** Makes a data directory of an archive somewhere else. Throws as `restoreInto`. */
  restoreInto(name: string, to: string, work: BackupWork): Promise<RestoreReport & { to: string }>;
  reset: {
    read(keepSettings: boolean): Promise<ResetState>;
    /** Carried out at the next start. */
    ask(keepSettings: boolean): Promise<ResetState>;
    forget(): Promise<ResetState>;
  };
}
