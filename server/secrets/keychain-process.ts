import { createRequire } from 'node:module';
import { type KeychainRequest, workOnKeychain } from './keychain-work.ts';

/** A utility process of Electron: it answers one question, and whoever asked ends it. */
interface ParentPort {
  once(event: 'message', listener: (message: { data: KeychainRequest }) => void): void;
  postMessage(answer: unknown): void;
}

const { parentPort } = process as unknown as { parentPort: ParentPort };
parentPort.once('message', ({ data }) => parentPort.postMessage(workOnKeychain(createRequire(import.meta.url), data)));
