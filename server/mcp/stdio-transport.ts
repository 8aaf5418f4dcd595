import {
  deserializeMessage,
  type JSONRPCMessage,
  serializeMessage,
  type Transport,
} from '@modelcontextprotocol/client';
import { AppError } from '../lib/app-error.ts';
import { createLineSplitter, type LongLine } from './line-splitter.ts';
import { type ProcessTree, startTree, type TreeOptions } from './process-tree.ts';

export interface StdioTransportOptions extends TreeOptions {
  /** Hears what it writes to its standard error. */
  onStderr(chunk: Buffer): void;
  /** Hears how the process ended, in words. */
  onEnded(words: string): void;
}

/** By these two the client sees that silence is no outage: a program that does not know a question may say nothing. */
interface StdioTransport extends Transport {
  readonly pid: number | null;
  readonly stderr: null;
}

/** Of one message, as its server writes it. */
export const maxMessageBytes = 10 * 1024 * 1024;
/** Of what is no message. Some servers print a greeting; one that prints nothing but noise is ended. */
const maxNoiseBytes = 1024 * 1024;

/**
 * Lines of JSON over the standard input and output of a program, which gets no more than it is handed and goes with
 * all that it started. A message that is too large fails its own call, not the connection.
 */
export function createStdioTransport(options: StdioTransportOptions): StdioTransport {
  let tree: ProcessTree | undefined;
  let isClosed = false;
  let noise = 0;

  function take(line: string): void {
    const text = line.trimEnd();
    if (text === '') return;
    let message: JSONRPCMessage;
    try {
      message = deserializeMessage(text);
    } catch {
      noise += line.length + 1;
      if (noise > maxNoiseBytes) giveUp('It prints what is no message of the protocol to its standard output.');
      return;
    }
    noise = 0;
    transport.onmessage?.(message);
  }

  function takeLong(line: LongLine): void {
    const id = idOf(line);
    if (id === undefined) {
      giveUp(`It sent a message of ${line.bytes} bytes; at most ${maxMessageBytes} are taken.`);
      return;
    }
    const message = `The answer has ${line.bytes} bytes; at most ${maxMessageBytes} are taken. Ask for less at a time.`;
    transport.onmessage?.({ jsonrpc: '2.0', id, error: { code: -32_000, message } });
  }

  function giveUp(words: string): void {
    if (isClosed) return;
    options.onEnded(words);
    void close();
  }

  async function close(): Promise<void> {
    if (!isClosed) {
      isClosed = true;
      transport.onclose?.();
    }
    await tree?.close();
  }

  const transport: StdioTransport = {
    stderr: null,
    get pid() {
      return tree?.pid ?? null;
    },
    async start() {
      try {
        tree = await startTree(options);
      } catch (error) {
        throw cannotStart(options, error);
      }
      const splitter = createLineSplitter(maxMessageBytes, take, takeLong);
      tree.stdout.on('data', (chunk: Buffer) => {
        if (!isClosed) splitter.push(chunk);
      });
      tree.stderr.on('data', options.onStderr);
      for (const stream of [tree.stdout, tree.stderr]) stream.on('error', () => undefined);
      void tree.ended.then((words) => giveUp(words));
      // Closed while it was starting.
      if (isClosed) await tree.close();
    },
    send(message) {
      const stdin = tree?.stdin;
      if (isClosed || !stdin?.writable) {
        return Promise.reject(
          new AppError('mcp_connection_closed', 'The server is not there any more.', { status: 502 }),
        );
      }
      stdin.write(serializeMessage(message));
      return Promise.resolve();
    },
    close,
  };
  return transport;
}

/** The request that a message answers, found without reading it whole: the id stands at one of its ends. */
function idOf({ head, tail }: LongLine): number | undefined {
  const found =
    /^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*(\d{1,15})\s*,/.exec(head) ??
    /,\s*"id"\s*:\s*(\d{1,15})\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*$/.exec(tail);
  return found?.[1] === undefined ? undefined : Number(found[1]);
}

function cannotStart({ command, cwd }: TreeOptions, error: unknown): AppError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const reasons: Record<string, string> = {
    ENOENT: `There is no program ${command} on the PATH, or no folder ${cwd}.`,
    EACCES: `${command} may not be run, or ${cwd} may not be entered.`,
    ENOTDIR: `${cwd} is no folder.`,
  };
  const words = reasons[String(code)] ?? `${command} could not be started (${String(code ?? 'unknown fault')}).`;
  return new AppError('mcp_start_failed', words, { status: 502, cause: error });
}
