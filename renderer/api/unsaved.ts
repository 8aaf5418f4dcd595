import { create } from 'zustand';

/** What a person typed and did not save, kept in this browser: by place, where it is kept. */
export const unsavedKeys = { form: 'agentrail.settings-form', yaml: 'agentrail.settings-draft' } as const;
export type UnsavedPlace = keyof typeof unsavedKeys;

interface Unsaved {
  form: boolean;
  yaml: boolean;
  mark(place: UnsavedPlace, isUnsaved: boolean): void;
}

/** Whether something waits to be saved, for the mark in the navigation; known before Settings was opened. */
export const useUnsaved = create<Unsaved>((set) => ({
  form: localStorage.getItem(unsavedKeys.form) !== null,
  yaml: localStorage.getItem(unsavedKeys.yaml) !== null,
  mark: (place, isUnsaved) => set({ [place]: isUnsaved }),
}));
