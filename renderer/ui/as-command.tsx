import { useTranslation } from 'react-i18next';
import { CommandLine } from './command-line.tsx';

/** The same for whoever would rather type it. */
export function AsCommand({ command }: { command: string }) {
  const { t } = useTranslation();
  return (
    <div className="mt-3 grid gap-1">
      <p className="text-small">{t('common.asCommand')}</p>
      <div className="max-h-24 overflow-auto">
        <CommandLine command={command} />
      </div>
    </div>
  );
}
