import { syncFolder } from './folders.ts';

interface Syncing {
  running: Promise<void>;
  /** Begins when the running one has ended, for all who asked meanwhile: that one may have begun before their names. */
  next?: Promise<void>;
}

/** As `syncFolder`, for many who ask at once: they share one. */
export function createSharedSync(sync = syncFolder): (dir: string) => Promise<void> {
  const folders = new Map<string, Syncing>();

  function begin(dir: string): Promise<void> {
    const syncing: Syncing = { running: sync(dir) };
    folders.set(dir, syncing);
    const settle = () => {
      if (folders.get(dir) === syncing && syncing.next === undefined) folders.delete(dir);
    };
    syncing.running.then(settle, settle);
    return syncing.running;
  }

  return (dir) => {
    const syncing = folders.get(dir);
    if (syncing === undefined) return begin(dir);
    const again = () => begin(dir);
    syncing.next ??= syncing.running.then(again, again);
    return syncing.next;
  };
}
