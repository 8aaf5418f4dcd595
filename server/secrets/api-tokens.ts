import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ulid } from 'ulid';
import type { ApiTokenInfo, NewApiToken, Scope } from '../contract/api-tokens.ts';
import type { Owner } from '../contract/ids.ts';
import { atomicWriteFile } from '../data/atomic-write.ts';
import { errnoOf, toStorageError } from '../data/storage-error.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { createSerialQueue } from '../lib/serial-queue.ts';
import type { Logger } from '../telemetry/logger.ts';
import { parseTokenFile, type StoredToken, tokenFileText } from './api-token-file.ts';

/** What the bearer of a named token may do, and for whom. */
export interface TokenGrant {
  tokenId: string;
  scopes: readonly Scope[];
  /** The one tenant, and perhaps user, that the token works for. */
  bound: Partial<Owner>;
}

/** Named tokens of the agent API. Only their hashes are kept, so nobody can be shown a token again. */
export interface ApiTokens {
  /** Resolves when the token is stored. Throws AppError `expiry_passed` (400), `too_many_tokens`, `tokens_damaged` (409), `storage_unavailable` (503). */
  create(token: NewApiToken): Promise<{ token: string; info: ApiTokenInfo }>;
  /** Newest first. */
  list(): ApiTokenInfo[];
  /** The token is refused from now on, also when that could not be stored and has to be done again. Throws AppError `token_not_found` (404), and as `create`. */
  revoke(id: string): Promise<void>;
  /** What the bearer may do, or undefined for a token that is not known, expired or revoked. Marks it as used now. */
  find(token: Uint8Array): TokenGrant | undefined;
  /** What a token that was found somewhere is called; undefined when it opens nothing. Does not count as a use. */
  nameOf(token: string): string | undefined;
  /** Writes what is not written yet. */
  close(): Promise<void>;
}

export interface ApiTokensOptions {
  /** Absolute. */
  dataDir: string;
  clock: Clock;
  logger: Logger;
}

export const tokenPrefix = 'art_';
const tokenBytes = 32;
/** Each request compares with all of them. */
const mostTokens = 1000;
const useWrittenEveryMs = 60_000;

/** Reads the tokens. A file that cannot be read lets nobody in, and is not written over. */
export async function createApiTokens({ dataDir, clock, logger: parent }: ApiTokensOptions): Promise<ApiTokens> {
  const logger = parent.child({ component: 'secrets' });
  const path = join(dataDir, 'api-tokens.json');
  const queue = createSerialQueue();
  const { tokens, problem } = await readTokens(path);
  if (problem !== undefined) logger.error('api-tokens.json cannot be used; no named token works.', { reason: problem });
  /** Refused already, and on the disk perhaps still. */
  const revoked = new Set<string>();
  /** When the uses in the file were written. */
  let usesWrittenAt = clock.monotonic();
  let areUsesNew = false;

  function refuseDamaged(): void {
    if (problem === undefined) return;
    throw new AppError(
      'tokens_damaged',
      'The file api-tokens.json in the data directory cannot be read. Repair it or move it away, then start again.',
      { status: 409 },
    );
  }

  /** One write at a time, each with everything that is known when it begins. */
  function write(): Promise<void> {
    return queue(async () => {
      areUsesNew = false;
      usesWrittenAt = clock.monotonic();
      try {
        await atomicWriteFile(path, tokenFileText([...tokens.values()].filter(({ id }) => !revoked.has(id))), {
          mode: 0o600,
        });
      } catch (error) {
        areUsesNew = true;
        throw toStorageError(error);
      }
    });
  }

  function markUsed(token: StoredToken): void {
    token.lastUsedAt = clock.now();
    areUsesNew = true;
    if (clock.monotonic() - usesWrittenAt < useWrittenEveryMs) return;
    usesWrittenAt = clock.monotonic();
    write().catch((error: unknown) =>
      logger.warn('When tokens were last used could not be written.', { error: messageOf(error) }),
    );
  }

  return {
    async create({ expiresAt, ...wanted }) {
      refuseDamaged();
      const createdAt = clock.now();
      if (expiresAt !== undefined && expiresAt <= createdAt)
        throw new AppError('expiry_passed', 'Choose an end that is still to come.', { status: 400 });
      if (tokens.size >= mostTokens)
        throw new AppError('too_many_tokens', `There are ${mostTokens} tokens. Revoke some first.`, { status: 409 });
      const value = tokenPrefix + randomBytes(tokenBytes).toString('base64url');
      const id = `tok_${ulid().toLowerCase()}`;
      const token: StoredToken = {
        id,
        ...withoutUndefined(wanted),
        createdAt,
        ...(expiresAt !== undefined && { expiresAt }),
        sha256: digestOf(Buffer.from(value)).toString('hex'),
      };
      tokens.set(id, token);
      try {
        await write();
      } catch (error) {
        tokens.delete(id);
        throw error;
      }
      logger.info('A named token was made.', { tokenId: id, name: token.name, scopes: token.scopes });
      return { token: value, info: infoOf(token, clock.now()) };
    },

    list: () => Array.from(tokens.values(), (token) => infoOf(token, clock.now())).reverse(),

    async revoke(id) {
      refuseDamaged();
      const token = tokens.get(id);
      if (!token) throw new AppError('token_not_found', 'There is no such token.', { status: 404 });
      revoked.add(id);
      await write();
      tokens.delete(id);
      revoked.delete(id);
      logger.info('A named token was revoked.', { tokenId: id, name: token.name });
    },

    find(sent) {
      const digest = digestOf(sent);
      let found: StoredToken | undefined;
      // All of them, always: the time it takes tells nothing.
      for (const token of tokens.values()) if (timingSafeEqual(digest, Buffer.from(token.sha256, 'hex'))) found = token;
      if (!found || revoked.has(found.id) || isExpired(found, clock.now())) return undefined;
      markUsed(found);
      const { id: tokenId, scopes, tenantId, userId } = found;
      return { tokenId, scopes, bound: withoutUndefined({ tenantId, userId }) };
    },

    nameOf(text) {
      const sha256 = digestOf(Buffer.from(text)).toString('hex');
      const found = [...tokens.values()].find((token) => token.sha256 === sha256);
      return found && !revoked.has(found.id) && !isExpired(found, clock.now()) ? found.name : undefined;
    },

    async close() {
      if (areUsesNew) await write().catch((error: unknown) => logger.warn(messageOf(error)));
      await queue(async () => undefined);
    },
  };
}

async function readTokens(path: string): Promise<{ tokens: Map<string, StoredToken>; problem?: string }> {
  try {
    const tokens = parseTokenFile(await readFile(path, 'utf8'));
    return { tokens: new Map(tokens.map((token) => [token.id, token])) };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return { tokens: new Map() };
    return { tokens: new Map(), problem: messageOf(error) };
  }
}

function digestOf(token: Uint8Array): Buffer {
  return createHash('sha256').update(token).digest();
}

function isExpired({ expiresAt }: StoredToken, now: number): boolean {
  return expiresAt !== undefined && expiresAt <= now;
}

function infoOf(token: StoredToken, now: number): ApiTokenInfo {
  const { sha256: _, ...info } = token;
  return { ...info, isExpired: isExpired(token, now) };
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as Defined<T>;
}
