import type { Keychain } from './keychain.ts';

/** A system without a keychain. */
export const noKeychain: Keychain = {
  read: () => Promise.reject(new Error('no session bus')),
  write: () => Promise.reject(new Error('no session bus')),
  remove: () => Promise.reject(new Error('no session bus')),
  close: () => Promise.resolve(),
};

export function memoryKeychain(held = new Map<string, string>()): Keychain & { held: Map<string, string> } {
  return {
    held,
    read: (id) => Promise.resolve(held.get(id)),
    async write(id, secret) {
      held.set(id, secret);
    },
    async remove(id) {
      held.delete(id);
    },
    close: () => Promise.resolve(),
  };
}
