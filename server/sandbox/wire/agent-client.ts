import type { Duplex } from 'node:stream';
import type { z } from 'zod';
import { AppError } from '../../lib/app-error.ts';
import { sandboxFault } from '../faults.ts';
import { createFrameReader, encodeFrame, incomingLimits } from './frames.ts';
import { createInputFeed } from './input-feed.ts';
import {
  type AgentMessage,
  agentMessageSchema,
  maxHeaderBytes,
  maxTailBytes,
  type NetMessage,
  outputWindowBytes,
} from './messages.ts';

export type OutputListener = (stream: 'stdout' | 'stderr', chunk: Buffer) => void | Promise<void>;

/** What can be said to a call while it runs; once it is over nothing happens. */
export interface CallControl {
  /** To stdin. Resolves when it was sent, with false when nobody takes it any more. */
  write(chunk: Uint8Array): Promise<boolean>;
  end(): void;
  /** These two only for a command on a terminal. */
  resize(size: { cols: number; rows: number }): void;
  signal(name: string): void;
}

export type AgentOp =
  | ('hello' | 'ping' | 'listen' | 'shells' | 'exec')
  | ('read' | 'write' | 'stat' | 'glob' | 'grep' | 'usage')
  | ('list' | 'make' | 'remove' | 'rename' | 'zip' | 'scan' | 'watch' | 'facts' | 'fetch' | 'store' | 'processes');

/** One request to the agent inside. */
export interface AgentCall<Result> {
  op: AgentOp;
  params: Record<string, unknown>;
  result: z.ZodType<Result>;
  /** Handed to the child's stdin, and then its end; without it nothing is said about stdin. */
  input?: Uint8Array;
  /** Instead of `input`: called once, when the request was sent. Must not throw. */
  onStart?: (control: CallControl) => void;
  /** Most bytes of output that may arrive, up to `maxTailBytes` after a gap not counted; more breaks the protocol. */
  maxOutputBytes?: number;
  /** False: output goes to `onOutput` only. Default true. */
  isOutputKept?: boolean;
  /** Must not throw or reject. Until a promise settles, its bytes count as on their way, and the call does not end. */
  onOutput?: OutputListener;
  /** So many bytes are left out before the output that follows. */
  onGap?: (bytes: number) => void;
  /** Asks the agent to kill what the call started. The promise then settles with whatever the agent answers. */
  signal?: AbortSignal;
}

export interface AgentAnswer<Result> {
  result: Result;
  stdout: Buffer;
  stderr: Buffer;
  /** Resolves when nothing of a command runs any more; already resolved for everything but background commands. */
  gone: Promise<void>;
}

/** Frames of the tunnels that programs inside open through the agent; none before `listen` was called. */
export interface AgentNet {
  /** Whoever takes them throws on a breach of the protocol, which ends the sandbox. */
  take(handler: (message: NetMessage, body: Buffer) => void): void;
  send(message: { id: number; kind: 'data' | 'credit' | 'end' | 'close'; bytes?: number }, body?: Uint8Array): void;
}

export interface AgentClient {
  readonly net: AgentNet;
  /** Rejects with the agent's fault as AppError, or with `sandbox_lost` when the connection ends before the answer. */
  call<Result>(call: AgentCall<Result>): Promise<AgentAnswer<Result>>;
  /** Resolves with the reason when the connection has ended, from whichever side. */
  readonly closed: Promise<AppError>;
  /** Ends the connection: the agent kills everything inside and exits. Idempotent. */
  close(): void;
}

/** Far above every window together: only who asks on and on and never reads gets there. */
const maxUnreadBytes = 268_435_456;

/** Received bytes are given back to the agent in steps of at least this much; well below the window. */
const creditStepBytes = outputWindowBytes / 4;

interface Pending {
  onMessage(message: AgentMessage, body: Buffer): void;
  onClosed(reason: AppError): void;
}

/** Speaks with the agent over the demultiplexed stdin and stdout of its container. */
export function createAgentClient(connection: { input: Duplex; output: AsyncIterable<Buffer> }): AgentClient {
  const pending = new Map<number, Pending>();
  const reader = createFrameReader(incomingLimits, isOutput);
  let lastId = 0;
  let closeReason: AppError | undefined;
  let resolveClosed: (reason: AppError) => void = () => undefined;
  const closed = new Promise<AppError>((resolve) => {
    resolveClosed = resolve;
  });

  function end(reason: AppError): void {
    if (closeReason) {
      return;
    }
    closeReason = reason;
    connection.input.destroy();
    for (const request of [...pending.values()]) {
      request.onClosed(reason);
    }
    pending.clear();
    resolveClosed(reason);
  }

  function sendRaw(frame: Buffer): void {
    if (closeReason) return;
    connection.input.write(frame);
    if (connection.input.writableLength > maxUnreadBytes) {
      end(lost('The sandbox does not read what it asked for.'));
    }
  }
  const send = (header: object, body?: Uint8Array) => sendRaw(encodeFrame(header, body));
  let takeNet: (message: NetMessage, body: Buffer) => void = () => undefined;

  async function readAll(): Promise<void> {
    let header: unknown;
    let message: AgentMessage | undefined;
    for await (const chunk of connection.output) {
      for (const frame of reader.push(chunk)) {
        // Pieces of one body come with one header.
        if (!message || frame.header !== header) {
          header = frame.header;
          message = agentMessageSchema.parse(header);
        }
        if (message.ev === 'net') takeNet(message, frame.body);
        else pending.get(message.id)?.onMessage(message, frame.body);
      }
    }
  }

  readAll().then(
    () => end(lost('The connection to the sandbox ended.')),
    (cause: unknown) => end(lost('The sandbox sent something that its agent never sends.', cause)),
  );
  connection.input.on('error', (cause) => end(lost('The connection to the sandbox broke.', cause)));

  return {
    closed,
    net: {
      take(handler) {
        takeNet = handler;
      },
      send: (message, body) => send({ op: 'net', ...message }, body),
    },
    close: () => end(lost('The sandbox was stopped.')),
    call(call) {
      if (closeReason) {
        return Promise.reject(closeReason);
      }
      const id = ++lastId;
      const request = encodeFrame({ ...call.params, op: call.op, id });
      if (request.length > maxHeaderBytes) {
        const sentence = 'The request is longer than 1 MiB. Put large content into a file and name the file.';
        return Promise.reject(new AppError('request_too_large', sentence, { status: 413 }));
      }
      return new Promise((resolve, reject) => {
        runCall(call, id, { request, sendRaw, send, pending, resolve, reject });
      });
    },
  };
}

function isOutput(header: unknown): boolean {
  const { ev } = (header ?? {}) as { ev?: unknown };
  return ev === 'out' || ev === 'err';
}

interface CallScope<Result> {
  /** The frame that starts the call. */
  request: Buffer;
  sendRaw(frame: Buffer): void;
  send(header: object, body?: Uint8Array): void;
  pending: Map<number, Pending>;
  resolve(answer: AgentAnswer<Result>): void;
  reject(reason: unknown): void;
}

function runCall<Result>(call: AgentCall<Result>, id: number, scope: CallScope<Result>): void {
  const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const untaken = new Set<Promise<void>>();
  let received = 0;
  let mostBytes = call.maxOutputBytes ?? outputWindowBytes;
  let isGapLeft = false;
  let owed = 0;
  let markGone: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => {
    markGone = resolve;
  });
  const feed = createInputFeed((chunk, end) => scope.send({ op: 'data', id, end }, chunk));
  const kill = () => scope.send({ op: 'kill', id });

  function finish(): void {
    call.signal?.removeEventListener('abort', kill);
    scope.pending.delete(id);
    feed.close();
  }

  function takeOutput(stream: 'stdout' | 'stderr', body: Buffer): void {
    received += body.length;
    if (received > mostBytes) {
      throw new AppError('agent_protocol', 'The sandbox sent more output than it was allowed to.');
    }
    if (call.isOutputKept !== false) {
      output[stream].push(body);
    }
    const taken = call.onOutput?.(stream, body);
    if (taken) {
      const settle = () => {
        untaken.delete(isTaken);
        giveBack(body.length);
      };
      const isTaken = taken.then(settle, settle);
      untaken.add(isTaken);
    } else {
      giveBack(body.length);
    }
  }

  function giveBack(bytes: number): void {
    owed += bytes;
    // Small outputs are complete before the agent needs to hear anything of it.
    if (owed >= creditStepBytes && scope.pending.has(id)) {
      scope.send({ op: 'credit', id, bytes: owed });
      owed = 0;
    }
  }

  function leaveGap(bytes: number): void {
    if (isGapLeft) {
      throw new AppError('agent_protocol', 'The sandbox left output out twice.');
    }
    isGapLeft = true;
    mostBytes = received + maxTailBytes;
    call.onGap?.(bytes);
  }

  function succeed(value: unknown): void {
    const result = call.result.parse(value);
    finish();
    const runsOn = (result as { background?: boolean } | null)?.background === true;
    if (runsOn) {
      scope.pending.set(id, {
        onMessage(message) {
          if (message.ev === 'gone') {
            finish();
            markGone();
          }
        },
        onClosed: markGone,
      });
    } else {
      markGone();
    }
    void Promise.all(untaken).then(() => {
      scope.resolve({ result, stdout: Buffer.concat(output.stdout), stderr: Buffer.concat(output.stderr), gone });
    });
  }

  scope.pending.set(id, {
    onMessage(message, body) {
      if (message.ev === 'out') {
        takeOutput('stdout', body);
      } else if (message.ev === 'err') {
        takeOutput('stderr', body);
      } else if (message.ev === 'gap') {
        leaveGap(message.bytes);
      } else if (message.ev === 'credit') {
        feed.addCredit(message.bytes);
      } else if (message.ev === 'done') {
        succeed(message.result);
      } else if (message.ev === 'error') {
        finish();
        scope.reject(new AppError(message.code, message.message, { status: statusOf(message.code) }));
      }
    },
    onClosed(reason) {
      finish();
      scope.reject(reason);
    },
  });
  scope.sendRaw(scope.request);
  if (call.onStart) {
    const say = (header: object) => scope.pending.has(id) && scope.send({ ...header, id });
    call.onStart({
      write: feed.write,
      end: () => feed.end(),
      resize: (size) => say({ op: 'resize', ...size }),
      signal: (name) => say({ op: 'signal', signal: name }),
    });
  } else if (call.input) {
    feed.end(call.input);
  }
  if (call.signal?.aborted) {
    kill();
  } else {
    call.signal?.addEventListener('abort', kill, { once: true });
  }
}

function lost(said: string, cause?: unknown): AppError {
  return sandboxFault('sandbox_lost', { said, cause });
}

function statusOf(code: string): number {
  const statuses: Record<string, number> = {
    file_not_found: 404,
    directory_not_found: 404,
    is_directory: 400,
    not_a_file: 400,
    file_too_large: 413,
    path_outside_workspace: 403,
    permission_denied: 403,
    invalid_path: 400,
    file_exists: 409,
    tree_too_deep: 400,
    interrupted: 400,
    invalid_pattern: 400,
    capacity: 429,
    pids_exhausted: 429,
    disk_full: 507,
  };
  return statuses[code] ?? 500;
}
