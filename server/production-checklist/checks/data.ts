import { stat, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type DiskKind, readDiskKind } from '../../data/disk-kind.ts';
import { probeWritable } from '../../data/write-probe.ts';
import { messageOf } from '../../lib/app-error.ts';
import { type Check, type Finding, seen } from '../check.ts';

const dayMs = 86_400_000;
const oldBackupDays = 7;

export const dataVolume: Check = {
  id: 'data_volume',
  async run(at) {
    const { dataDir } = at;
    const evidence = [seen('data directory', dataDir)];
    const { kind, name } = await readDiskKind(dataDir);
    evidence.push(seen('kind of disk', name || kind));
    const began = at.monotonic();
    try {
      await probeWritable(dataDir);
    } catch (error) {
      return { state: 'failed', code: 'volume_unwritable', params: { reason: messageOf(error) }, evidence };
    }
    evidence.push(seen('512 bytes written, synced and read back', `${(at.monotonic() - began).toFixed(1)} ms`));
    const found = judgePlace({ dataDir, temporary: tmpdir(), kind, name });
    return { ...found, evidence, ...(found.state !== 'passed' && { fix: 'open_data' as const }) };
  },
};

export function judgePlace(place: {
  dataDir: string;
  temporary: string;
  kind: DiskKind;
  name: string;
}): Pick<Finding, 'state' | 'code'> & { params?: Record<string, string> } {
  const { dataDir, temporary, kind, name } = place;
  if (kind === 'memory') return { state: 'failed', code: 'volume_memory', params: { kind: name } };
  if (kind === 'overlay') return { state: 'failed', code: 'volume_container' };
  const folder = [temporary, '/tmp', '/dev/shm'].find((each) => isBelow(dataDir, each));
  if (folder !== undefined) return { state: 'failed', code: 'volume_temporary', params: { folder } };
  if (kind === 'network') return { state: 'warning', code: 'volume_network', params: { kind: name } };
  return { state: 'passed', code: 'volume_persistent' };
}

function isBelow(inner: string, outer: string): boolean {
  const relative = path.relative(outer, inner);
  return relative === '' || (!relative.startsWith('..') && !path.isAbsolute(relative));
}

export const sessionStore: Check = {
  id: 'session_store',
  timeoutMs: 15_000,
  async run(at) {
    const began = at.monotonic();
    const answer = await at.store().catch((error: unknown) => ({ reason: messageOf(error) }));
    const evidence = [seen('answered in', `${Math.round(at.monotonic() - began)} ms`)];
    if ('reason' in answer)
      return { state: 'failed', code: 'store_fails', params: answer, evidence, fix: 'open_health' };
    const { kind, instances = 1 } = answer;
    evidence.push(seen('kind', kind), seen('servers', instances));
    if (kind === 'postgres') {
      const { dockerHost } = at.settings().sandbox;
      evidence.push(seen('sandbox.dockerHost', dockerHost ?? 'not set'));
      const isShared = dockerHost !== undefined && !/^(unix|npipe):/.test(dockerHost);
      if (instances > 1 && !isShared)
        return { state: 'warning', code: 'store_postgres_sandboxes', params: { count: instances }, evidence };
      return { state: 'passed', code: 'store_postgres', evidence };
    }
    const disk = await readDiskKind(at.dataDir);
    evidence.push(seen('kind of disk', disk.name || disk.kind));
    if (disk.kind === 'network') return { state: 'warning', code: 'store_files_network', evidence, fix: 'open_data' };
    return { state: 'passed', code: 'store_files_single', evidence };
  },
};

export const backups: Check = {
  id: 'backups',
  timeoutMs: 120_000,
  async run(at, signal) {
    const { everyHours, dir: ownDir } = at.settings().backup;
    const { backup, dir, drill } = await at.newestBackup();
    const evidence = [seen('folder', dir), seen('backup.everyHours', everyHours)];
    const fix = everyHours === 0 ? 'set_backup_schedule' : 'open_data';
    if (!backup) return { state: 'failed', code: 'backups_none', evidence, fix };
    evidence.push(seen('newest', `${backup.name}, ${new Date(backup.createdAt).toISOString()}`));
    if (drill)
      evidence.push(
        seen('last drill', `${drill.name}, ${drill.sessions} sessions, ${new Date(drill.at).toISOString()}`),
      );
    const began = at.monotonic();
    try {
      if (backup.problem !== undefined) throw new Error(backup.problem);
      const { files, totalBytes } = await at.verifyBackup(backup.name, signal);
      const tookMs = Math.round(at.monotonic() - began);
      evidence.push(seen('verified', `${files} files, ${totalBytes} bytes, SHA-256 each, in ${tookMs} ms`));
    } catch (error) {
      signal.throwIfAborted();
      if (isBusy(error)) throw error;
      const params = { reason: messageOf(error) };
      return { state: 'failed', code: 'backups_damaged', params, evidence, fix: 'open_data' };
    }
    const days = Math.floor((at.now() - backup.createdAt) / dayMs);
    if (days > Math.max(oldBackupDays, (everyHours * 2) / 24))
      return { state: 'warning', code: 'backups_old', params: { days }, evidence, fix };
    if (everyHours === 0) return { state: 'warning', code: 'backups_no_schedule', evidence, fix };
    const isSameDisk = (await stat(dir)).dev === (await stat(at.dataDir)).dev;
    evidence.push(seen('backup.dir', ownDir ?? 'not set'), seen('on the disk of the data', isSameDisk ? 'yes' : 'no'));
    if (isSameDisk) return { state: 'warning', code: 'backups_same_disk', evidence, fix: 'open_settings' };
    return { state: 'passed', code: 'backups_verified', evidence };
  },
};

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'backup_busy';
}

export const disk: Check = {
  id: 'disk',
  async run(at) {
    const { blocks, bavail, bsize } = await statfs(at.dataDir);
    const free = bavail * bsize;
    const share = blocks === 0 ? 1 : bavail / blocks;
    const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
    const evidence = [seen('free', gigabytes(free)), seen('size', gigabytes(blocks * bsize))];
    return { ...judgeDisk(share, free), evidence, params: { percent: Math.floor(share * 100) } };
  },
};

/** By share and by size: a tenth of a small disk is soon gone. */
export function judgeDisk(share: number, freeBytes: number): Pick<Finding, 'state' | 'code' | 'fix'> {
  if (share < 0.05 || freeBytes < 1e9) return { state: 'failed', code: 'disk_full', fix: 'open_data' };
  if (share < 0.15 || freeBytes < 5e9) return { state: 'warning', code: 'disk_tight', fix: 'open_data' };
  return { state: 'passed', code: 'disk_roomy' };
}
