import type { PowerMonitor } from 'electron';
import type { ConsoleHost } from '../server/index.ts';

export interface PowerFollowing {
  power(): ConsoleHost['power'] | undefined;
  onShutdown(): void;
}

/** Tells the server of sleep and waking, and ends it when the system shuts down. */
export function followPower(monitor: Pick<PowerMonitor, 'on'>, { power, onShutdown }: PowerFollowing): void {
  monitor.on('suspend', () => void power()?.suspending());
  monitor.on('resume', () => void power()?.resumed());
  const shutdown = (event: { preventDefault(): void }) => {
    event.preventDefault();
    onShutdown();
  };
  // The declared type leaves out the event, by which the system is asked to wait.
  monitor.on('shutdown', shutdown as () => void);
}
