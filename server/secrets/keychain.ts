import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import { type KeychainRequest, workOnKeychain } from './keychain-work.ts';

const service = 'Agentrail Console';

/** The operating system's keychain; one entry per vault. Rejects when it is not to be had or does not answer in time. */
export interface Keychain {
  /** Undefined when there is no such entry. */
  read(vaultId: string): Promise<string | undefined>;
  write(vaultId: string, secret: string): Promise<void>;
  /** Already gone is success. */
  remove(vaultId: string): Promise<void>;
  /** Ends what still waits for an answer. */
  close(): Promise<void>;
}

export interface KeychainOptions {
  /** A person may have to answer the system's question. */
  timeoutMs: number;
  /** Default: a process; inside Electron a thread. */
  isolation?: 'process' | 'thread';
  /** In the place of both. */
  start?: StartKeychain | undefined;
}

/** Begins to ask; `receiver` tells one `message`, or an `exit` or `error` without one. */
export type StartKeychain = (request: KeychainRequest) => Started;

interface Started {
  receiver: { once(event: 'message' | 'error' | 'exit', listener: (value: unknown) => void): unknown };
  end(): void;
}

const answerSchema = z.object({ value: z.string().nullish(), error: z.string().optional() });

/**
 * A process whose thread waits for the keychain cannot exit. So it is asked from a process of its own, which can be
 * ended; inside Electron, which cannot run as Node, from what `start` makes.
 */
const script = `
const work = ${workOnKeychain};
const receive = (answer) => (request) => answer(work(require, request));
if (process.send) process.once('message', receive((message) => process.send(message, () => process.disconnect())));
else {
  const { parentPort } = require('node:worker_threads');
  parentPort.once('message', receive((message) => parentPort.postMessage(message)));
}
`;

export function createKeychain({ timeoutMs, isolation, start }: KeychainOptions): Keychain {
  const isThread = (isolation ?? (process.versions.electron === undefined ? 'process' : 'thread')) === 'thread';
  const begin = start ?? (isThread ? startThread : startProcess);
  const pending = new Set<() => void>();

  async function ask(request: Pick<KeychainRequest, 'account' | 'secret' | 'isRemoval'>): Promise<string | undefined> {
    const require = createRequire(import.meta.url);
    const library = require.resolve('@napi-rs/keyring');
    const reply = await exchange({ library, service, ...request });
    if (reply.error !== undefined) throw new Error(reply.error);
    return reply.value ?? undefined;
  }

  function exchange(request: KeychainRequest): Promise<z.infer<typeof answerSchema>> {
    return new Promise((resolve, reject) => {
      const { receiver, end } = begin(request);
      const finish = (conclude: () => void) => {
        clearTimeout(timer);
        pending.delete(giveUp);
        end();
        conclude();
      };
      const giveUp = () => finish(() => reject(new Error('The keychain did not answer.')));
      const timer = setTimeout(giveUp, timeoutMs);
      pending.add(giveUp);
      receiver.once('message', (message: unknown) => {
        const { data } = answerSchema.safeParse(message);
        finish(() => (data ? resolve(data) : reject(new Error('The keychain gave no usable answer.'))));
      });
      receiver.once('error', (error: unknown) => finish(() => reject(error)));
      receiver.once('exit', () => finish(() => reject(new Error('The keychain could not be asked.'))));
    });
  }

  return {
    read: (vaultId) => ask({ account: vaultId }),
    async write(vaultId, secret) {
      if ((await ask({ account: vaultId, secret })) !== secret) throw new Error('The keychain did not keep the key.');
    },
    async remove(vaultId) {
      const left = await ask({ account: vaultId, isRemoval: true });
      if (left !== undefined) throw new Error('The keychain did not remove the key.');
    },
    async close() {
      for (const giveUp of pending) giveUp();
    },
  };
}

function startProcess(request: KeychainRequest): Started {
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  child.send(request, () => undefined);
  return {
    receiver: child,
    end() {
      child.removeAllListeners().on('error', () => undefined);
      child.kill('SIGKILL');
    },
  };
}

function startThread(request: KeychainRequest): Started {
  const worker = new Worker(script, { eval: true });
  worker.unref();
  worker.postMessage(request);
  return {
    receiver: worker,
    end() {
      worker.removeAllListeners().on('error', () => undefined);
      void worker.terminate();
    },
  };
}
