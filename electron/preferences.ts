import { z } from 'zod';
import { closeChoices } from './native/contract.ts';
import { openOwnFile } from './own-file.ts';

const preferencesSchema = z.object({
  onClose: z.enum(closeChoices).catch('ask'),
  notifications: z.boolean().catch(true),
});
export type Preferences = z.infer<typeof preferencesSchema>;

const usual: Preferences = { onClose: 'ask', notifications: true };

/** What a person chose for the desktop program itself; the server has settings of its own. */
export function openPreferences(file: string) {
  const store = openOwnFile(file, preferencesSchema, 'The choice');
  let current = store.read() ?? usual;
  return {
    current: () => current,
    change(change: Partial<Preferences>) {
      current = { ...current, ...change };
      store.write(current);
    },
  };
}
