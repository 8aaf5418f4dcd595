import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { cliCommands } from '../../../server/contract/cli-commands.ts';
import { useCommandText } from '../../api/use-command-text.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { AsCommand } from '../../ui/as-command.tsx';
import { Checkbox } from '../../ui/checkbox.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { showFault } from '../../ui/toast.tsx';
import { useClear } from './use-secret-actions.ts';

interface Props {
  open: boolean;
  onClose(): void;
  name: string;
  /** There is a value; otherwise only a history. */
  isInVault: boolean;
}

export function ClearDialog({ open, onClose, name, isInVault }: Props) {
  const { t } = useTranslation();
  const commandText = useCommandText();
  const faultText = useFaultText();
  const clear = useClear();
  const [isTicked, setTicked] = useState(false);
  const forgets = isTicked || !isInVault;
  const close = () => {
    setTicked(false);
    onClose();
  };
  const remove = async () => {
    try {
      await clear.mutateAsync({ name, history: forgets ? 'forget' : 'keep' });
    } catch (error) {
      showFault(faultText(error));
      throw error;
    }
  };
  const forgetWords = t('secretCare.clear.forget');
  return (
    <ConfirmDialog
      open={open}
      onClose={close}
      title={t('secrets.askClear.title', { name })}
      body={
        <div className="grid gap-3">
          {isInVault && <p>{t('secrets.askClear.body')}</p>}
          <div className="flex items-start gap-2.5 text-text">
            <span className="pt-0.5">
              <Checkbox label={forgetWords} checked={forgets} onChange={setTicked} />
            </span>
            <span aria-hidden>{forgetWords}</span>
          </div>
          <AsCommand command={commandText(cliCommands.secretClear(name, forgets))} />
        </div>
      }
      choices={[{ label: t('secrets.askClear.confirm'), onChoose: remove }]}
    />
  );
}
