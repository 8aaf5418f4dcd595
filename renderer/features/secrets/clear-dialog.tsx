import { useTranslation } from 'react-i18next';
import { cliCommands } from '../../../server/contract/cli-commands.ts';
import { useCommandText } from '../../api/use-command-text.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { AsCommand } from '../../ui/as-command.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { showFault } from '../../ui/toast.tsx';
import { useClear } from './use-secret-actions.ts';

export function ClearDialog({ open, onClose, name }: { open: boolean; onClose(): void; name: string }) {
  const { t } = useTranslation();
  const commandText = useCommandText();
  const faultText = useFaultText();
  const clear = useClear();
  const remove = async () => {
    try {
      await clear.mutateAsync({ name, history: 'keep' });
    } catch (error) {
      showFault(faultText(error));
      throw error;
    }
  };
  return (
    <ConfirmDialog
      open={open}
      onClose={onClose}
      title={t('secrets.askClear.title', { name })}
      body={
        <>
          <p>{t('secrets.askClear.body')}</p>
          <AsCommand command={commandText(cliCommands.secretClear(name))} />
        </>
      }
      choices={[{ label: t('secrets.askClear.confirm'), onChoose: remove }]}
    />
  );
}
