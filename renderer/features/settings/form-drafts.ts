import { create } from 'zustand';
import { unsavedKeys, useUnsaved } from '../../api/unsaved.ts';
import type { FieldPath } from './fields.ts';
import { type Kept, readKept } from './kept-drafts.ts';
import type { Rules } from './rules/use-rules.ts';

interface FormDrafts extends Kept {
  /** Undefined: as it is in the file. */
  keepField(path: FieldPath, draft: string | undefined): void;
  dropFields(): void;
  keepRules(agent: string, rules: Rules | undefined): void;
}

/** Kept in this browser until it is saved or thrown away: other pages, a reload and a closed window lose nothing. */
export const useFormDrafts = create<FormDrafts>((set, get) => {
  function keep(change: Partial<Kept>): void {
    const { fields, rules } = { ...get(), ...change };
    const isEmpty = Object.keys(fields).length === 0 && Object.keys(rules).length === 0;
    if (isEmpty) localStorage.removeItem(unsavedKeys.form);
    else localStorage.setItem(unsavedKeys.form, JSON.stringify({ fields, rules }));
    useUnsaved.getState().mark('form', !isEmpty);
    set(change);
  }
  return {
    ...readKept(localStorage.getItem(unsavedKeys.form)),
    keepField(path, draft) {
      const { [path]: _, ...others } = get().fields;
      keep({ fields: draft === undefined ? others : { ...others, [path]: draft } });
    },
    dropFields: () => keep({ fields: {} }),
    keepRules(agent, rules) {
      const { [agent]: _, ...others } = get().rules;
      keep({ rules: rules === undefined ? others : { ...others, [agent]: rules } });
    },
  };
});
