import { useTranslation } from 'react-i18next';
import { Dialog } from '../ui/dialog.tsx';
import { Kbd } from '../ui/kbd.tsx';
import { modifierKey } from './use-shortcuts.ts';

const shortcuts = [
  ['palette', `${modifierKey} K`],
  ['settings', `${modifierKey} ,`],
  ['filter', `${modifierKey} F`],
  ['help', 'F1'],
  ['send', 'Enter'],
  ['newLine', 'Shift Enter'],
  ['pastPrompt', '↑'],
  ['stopRun', 'Esc'],
  ['closeDialog', 'Esc'],
] as const;

export function ShortcutsDialog({ open, onClose }: { open: boolean; onClose(): void }) {
  const { t } = useTranslation();
  return (
    <Dialog open={open} onClose={onClose} title={t('shell.shortcuts.title')}>
      <dl>
        {shortcuts.map(([name, keys]) => (
          <div
            key={name}
            className="flex items-center justify-between gap-4 border-line-soft border-b py-2 last:border-b-0"
          >
            <dt>{t(`shell.shortcuts.${name}`)}</dt>
            <dd>
              <Kbd>{keys}</Kbd>
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
