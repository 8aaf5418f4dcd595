import { create } from 'zustand';

const storageKey = 'agentrail.notify';

interface NotifyChoice {
  /** The system shows notices while the window is in the background. */
  isOn: boolean;
  choose(isOn: boolean): void;
}

/** Off until a person wants it: the system's notifications stay on the screen of whoever passes by. */
export const useNotifyChoice = create<NotifyChoice>((set) => ({
  isOn: localStorage.getItem(storageKey) === 'on',
  choose(isOn) {
    localStorage.setItem(storageKey, isOn ? 'on' : 'off');
    set({ isOn });
  },
}));
