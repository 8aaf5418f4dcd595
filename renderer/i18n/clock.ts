import { create } from 'zustand';

export const clocks = ['24', '12'] as const;
export type Clock = (typeof clocks)[number];

const storageKey = 'agentrail.clock';

interface ClockState {
  clock: Clock;
  choose(clock: Clock): void;
}

/** How hours are written; remembered in this browser. */
export const useClock = create<ClockState>((set) => ({
  // Formats are made outside of browsers too.
  clock: clocks.find((each) => each === globalThis.localStorage?.getItem(storageKey)) ?? '24',
  choose(clock) {
    localStorage.setItem(storageKey, clock);
    set({ clock });
  },
}));
