import { create } from 'zustand';

export const motions = ['system', 'reduced'] as const;
export type Motion = (typeof motions)[number];

const storageKey = 'agentrail.motion';

function apply(motion: Motion): void {
  if (motion === 'system') delete document.documentElement.dataset.motion;
  else document.documentElement.dataset.motion = motion;
}

interface MotionState {
  motion: Motion;
  choose(motion: Motion): void;
}

/** Whether anything moves; remembered in this browser. base.css does the rest. */
export const useMotion = create<MotionState>((set) => {
  const motion = motions.find((each) => each === localStorage.getItem(storageKey)) ?? 'system';
  apply(motion);
  return {
    motion,
    choose(next) {
      localStorage.setItem(storageKey, next);
      apply(next);
      set({ motion: next });
    },
  };
});
