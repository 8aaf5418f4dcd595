import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { record } from './calls.ts';
import { state } from './state.ts';
import { StrictEmitter, strict } from './strict.ts';

/** `process.parentPort` over Node's own channel, which is closed with the parent. */
const parentPort = `
const { EventEmitter } = require('node:events');
const port = new EventEmitter();
port.postMessage = (message) => process.send(message);
process.parentPort = port;
process.on('message', (data) => port.emit('message', { data }));
process.on('disconnect', () => process.exit());
`;

class UtilityProcess extends StrictEmitter {
  readonly #child: ChildProcess;

  constructor(file: string) {
    super('UtilityProcess', ['spawn', 'message', 'error', 'exit']);
    const execArgv = [
      '--import',
      `data:text/javascript,${encodeURIComponent(`import { createRequire } from 'node:module'; const require = createRequire('file:///');${parentPort}`)}`,
    ];
    this.#child = fork(file, [], { execArgv, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    this.#child.on('spawn', () => this.emit('spawn'));
    this.#child.on('message', (message) => this.emit('message', message));
    this.#child.on('exit', (code) => this.emit('exit', code ?? 1));
  }
  get pid(): number | undefined {
    return this.#child.pid;
  }
  postMessage(message: unknown): void {
    this.#child.send(message as object);
  }
  kill(): boolean {
    return this.#child.kill();
  }
}

export const utilityProcess = strict('utilityProcess', {
  fork(file: string, _args: string[] = [], options: { serviceName?: string; stdio?: string } = {}) {
    if (!state.isReady) throw new Error('utilityProcess cannot be created before app is ready');
    if (!existsSync(file)) throw new Error(`stand-in: there is no module ${file}`);
    record('utilityProcess.fork', [options]);
    return new UtilityProcess(file);
  },
});
