import { useTranslation } from 'react-i18next';
import { CommandLine } from '../../ui/command-line.tsx';

/** The same for whoever would rather type it. */
export function AsCommand({ command }: { command: string }) {
  const { t } = useTranslation();
  return (
    <div className="mt-3 grid gap-1">
      <p className="text-small">{t('sandboxes.detail.ask.command')}</p>
      <CommandLine command={command} />
    </div>
  );
}
