import { utilityProcess } from 'electron';
import type { StartKeychain } from '../server/index.ts';

/**
 * Asks the system's keychain from a process that can be ended: in this one, a question that nobody answers would keep the
 * program from quitting.
 */
export function keychainProcess(file: string): StartKeychain {
  return (request) => {
    const child = utilityProcess.fork(file, [], { serviceName: 'Agentrail keychain', stdio: 'ignore' });
    child.postMessage(request);
    return {
      receiver: child,
      end() {
        child.removeAllListeners();
        child.kill();
      },
    };
  };
}
