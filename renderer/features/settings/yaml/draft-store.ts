import { create } from 'zustand';
import type { SettingsText } from '../../../../server/contract/settings-text.ts';
import { unsavedKeys, useUnsaved } from '../../../api/unsaved.ts';

/** What was typed and not saved yet, with the version it was made from. */
export interface YamlDraft {
  text: string;
  base: SettingsText;
}

const storageKey = unsavedKeys.yaml;

interface DraftState {
  draft: YamlDraft | undefined;
  keep(draft: YamlDraft | undefined): void;
}

/** Kept in this browser until it is saved or thrown away, so that no reload or closed window loses it. */
export const useYamlDraft = create<DraftState>((set) => ({
  draft: readDraft(localStorage.getItem(storageKey)),
  keep(draft) {
    if (draft) localStorage.setItem(storageKey, JSON.stringify(draft));
    else localStorage.removeItem(storageKey);
    useUnsaved.getState().mark('yaml', draft !== undefined);
    set({ draft });
  },
}));

/** Undefined for whatever is no draft. */
export function readDraft(stored: string | null): YamlDraft | undefined {
  if (stored === null) return undefined;
  try {
    const { text, base } = JSON.parse(stored) as Partial<YamlDraft>;
    const isWhole = typeof text === 'string' && typeof base?.text === 'string' && typeof base.version === 'string';
    return isWhole ? { text, base } : undefined;
  } catch {
    return undefined;
  }
}
