import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { SessionKey } from '../../contract/ids.ts';
import { atomicWriteFile } from '../../data/atomic-write.ts';
import { makeFoldersBelow } from '../../data/folders.ts';
import { isPresent } from '../../data/is-present.ts';
import { checkId, createDataLayout } from '../../data/layout.ts';
import { errnoOf, toStorageError } from '../../data/storage-error.ts';
import { messageOf } from '../../lib/app-error.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { type AgentFolder, createAgentFolder } from './agent-folder.ts';
import { type AgentRecord, agentRecordSchema } from './agent-state.ts';
import { createWaitLog, type WaitLog } from './wait-log.ts';

/** Keeps the agents that a session's agents called in, below the folder of the session. */
export interface AgentFiles {
  /** Those of a session, oldest first. One that cannot be read is left out and logged. */
  list(key: SessionKey): Promise<AgentFolder[]>;
  create(key: SessionKey, record: AgentRecord): Promise<AgentFolder>;
  waits(key: SessionKey): WaitLog;
  /** The files of a session's agents grew by so much. */
  count(key: SessionKey, bytes: number): Promise<void>;
  /** For a session that is deleted and whose store keeps no folder of it. */
  remove(key: Pick<SessionKey, 'tenantId' | 'sessionId'>): Promise<void>;
}

export interface AgentFilesOptions {
  dataDir: string;
  logger: Logger;
  /** Keeps the size of a session in step. Absent: nobody asks for it. */
  addFiles?(key: SessionKey, write: () => Promise<number>): Promise<void>;
  /** The session store keeps its sessions elsewhere: their folders here are made on first use. */
  makesSessionFolder?: boolean;
}

const recordName = 'agent.json';

export function createAgentFiles({
  dataDir,
  logger,
  addFiles,
  makesSessionFolder = false,
}: AgentFilesOptions): AgentFiles {
  const layout = createDataLayout(dataDir);
  const sessionOf = ({ tenantId, sessionId }: Pick<SessionKey, 'tenantId' | 'sessionId'>) =>
    layout.session(tenantId, sessionId);
  /** A deleted session must not come back as an empty folder. */
  const baseOf = (key: SessionKey) => (makesSessionFolder ? dataDir : sessionOf(key).dir);

  async function read(dir: string): Promise<AgentFolder | undefined> {
    try {
      const record = agentRecordSchema.parse(JSON.parse(await readFile(path.join(dir, recordName), 'utf8')));
      if (record.agentId !== path.basename(dir)) throw new Error('It says that it is another agent.');
      return await createAgentFolder(dir, record);
    } catch (error) {
      // A folder without a record: the process ended while it was made, and nobody was told of the agent.
      if (errnoOf(error) !== 'ENOENT') logger.warn(`A sub-agent cannot be read: ${messageOf(error)}`, { dir });
      return undefined;
    }
  }

  return {
    async list(key) {
      const { subagentsDir } = sessionOf(key);
      const names = await foldersIn(subagentsDir);
      const folders = await Promise.all(names.map((name) => read(path.join(subagentsDir, name))));
      return folders
        .filter((folder) => folder !== undefined)
        .sort((a, b) => a.record.createdAt - b.record.createdAt || (a.record.agentId < b.record.agentId ? -1 : 1));
    },
    async create(key, record) {
      const dir = path.join(sessionOf(key).subagentsDir, checkId(record.agentId, 'agent id'));
      try {
        await makeFoldersBelow(baseOf(key), dir);
        await atomicWriteFile(path.join(dir, recordName), `${JSON.stringify(record, null, 2)}\n`);
        return await createAgentFolder(dir, record);
      } catch (error) {
        throw toStorageError(error);
      }
    },
    async count(key, bytes) {
      if (bytes > 0) await addFiles?.(key, async () => bytes);
    },
    waits: (key) => createWaitLog(path.join(sessionOf(key).subagentsDir, 'waits.jsonl')),
    async remove(key) {
      if (makesSessionFolder) await rm(sessionOf(key).subagentsDir, { recursive: true, force: true });
    },
  };
}

async function foldersIn(dir: string): Promise<string[]> {
  if (!isPresent(dir)) return [];
  try {
    const entries = await readdir(dir, { withFileTypes: true });
    return entries.flatMap((entry) => (entry.isDirectory() && !entry.name.startsWith('.') ? [entry.name] : []));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw toStorageError(error);
  }
}
