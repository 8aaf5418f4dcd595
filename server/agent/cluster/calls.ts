import { randomUUID } from 'node:crypto';
import { AppError, messageOf } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Database } from '../../sessions/postgres/database.ts';
import { channel, type Listener } from '../../sessions/postgres/listener.ts';
import type { Logger } from '../../telemetry/logger.ts';

export interface CallsOptions {
  database: Database;
  listener: Listener;
  instanceId: string;
  clock: Clock;
  logger: Logger;
  /** How long an answer may take. */
  timeoutMs: number;
  /** Carries out what another instance asks of this one. */
  carryOut(question: unknown): Promise<unknown>;
}

/** Questions between instances. They wait in the database, so none is lost while an instance does not listen. */
export interface Calls {
  /** Throws what `carryOut` threw there, and AppError `instance_unreachable` (503) when no answer comes in time. */
  ask(instanceId: string, question: unknown): Promise<unknown>;
  /** Carries out what waits for this instance. Never rejects. */
  look(): Promise<void>;
  close(): void;
}

type Answer = { value: unknown } | { error: { code: string; message: string; status: number; details?: unknown } };

const lookMs = 500;

export function createCalls(options: CallsOptions): Calls {
  const { database, listener, instanceId, clock, logger } = options;
  const carrying = new Set<string>();
  const forget = listener.on(`calls ${instanceId}`, () => void look());

  async function look(): Promise<void> {
    try {
      const open = await database.read<{ call_id: string; body: string }>(
        'SELECT call_id, body FROM agentrail.calls WHERE instance_id = $1 AND answer IS NULL',
        [instanceId],
      );
      await Promise.all(open.filter(({ call_id }) => !carrying.has(call_id)).map(carry));
    } catch (error) {
      logger.debug('calls of other instances wait', { reason: messageOf(error) });
    }
  }

  async function carry({ call_id, body }: { call_id: string; body: string }): Promise<void> {
    carrying.add(call_id);
    try {
      const answer = await answerOf(() => options.carryOut(JSON.parse(body)));
      await database.write(
        `WITH answered AS (UPDATE agentrail.calls SET answer = $2 WHERE call_id = $1 RETURNING 1)
          SELECT pg_notify('${channel}', json_build_object('topic', 'answer ' || $1::text)::text) FROM answered`,
        [call_id, JSON.stringify(answer)],
      );
    } finally {
      carrying.delete(call_id);
    }
  }

  async function ask(to: string, question: unknown): Promise<unknown> {
    const callId = randomUUID();
    const heard = new AbortController();
    const forgetAnswer = listener.on(`answer ${callId}`, () => heard.abort());
    const deadline = clock.monotonic() + options.timeoutMs;
    try {
      await database.write(
        `WITH made AS (INSERT INTO agentrail.calls (call_id, instance_id, body) VALUES ($1, $2, $3) RETURNING 1)
          SELECT pg_notify('${channel}', json_build_object('topic', 'calls ' || $2::text)::text) FROM made`,
        [callId, to, JSON.stringify(question)],
      );
      for (;;) {
        const [call] = await database.read<{ answer: string | null }>(
          'SELECT answer FROM agentrail.calls WHERE call_id = $1',
          [callId],
        );
        if (typeof call?.answer === 'string') return openAnswer(JSON.parse(call.answer) as Answer);
        if (call === undefined || clock.monotonic() > deadline) throw unreachable();
        // Rejects when the answer was faster than the clock.
        await clock
          .sleep(heard.signal.aborted ? 20 : lookMs, heard.signal.aborted ? undefined : heard.signal)
          .catch(() => undefined);
      }
    } finally {
      forgetAnswer();
      await database
        .write('DELETE FROM agentrail.calls WHERE call_id = $1', [callId])
        .catch((error: unknown) => logger.debug('an answered call is removed later', { reason: messageOf(error) }));
    }
  }

  return { ask, look, close: forget };
}

async function answerOf(work: () => Promise<unknown>): Promise<Answer> {
  try {
    return { value: await work() };
  } catch (error) {
    if (!(error instanceof AppError)) return { error: { code: 'internal', message: messageOf(error), status: 500 } };
    const { code, message, status, details } = error;
    return { error: { code, message, status, details } };
  }
}

function openAnswer(answer: Answer): unknown {
  if ('value' in answer) return answer.value;
  const { code, message, status, details } = answer.error;
  throw new AppError(code, message, { status, details });
}

function unreachable(): AppError {
  return new AppError('instance_unreachable', 'The instance that runs this conversation does not answer. Try again.', {
    status: 503,
    details: { retryAfterSeconds: 2 },
  });
}
