import { useTranslation } from 'react-i18next';
import { Kbd } from './kbd.tsx';
import { modifierKey } from './modifier-key.ts';

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
  ['saveFile', `${modifierKey} S`],
  ['completeFile', 'Ctrl Space'],
  ['nextFault', 'F8'],
  ['zoomIn', `${modifierKey} +`],
  ['zoomOut', `${modifierKey} −`],
  ['zoomReset', `${modifierKey} 0`],
] as const;

/** Every key that does something. */
export function ShortcutList() {
  const { t } = useTranslation();
  return (
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
  );
}
