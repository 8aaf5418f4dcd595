import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { cliCommands } from '../../../server/contract/cli-commands.ts';
import type { SandboxInfo } from '../../../server/contract/sandbox.ts';
import { answer, api } from '../../api/client.ts';
import { useCommandText } from '../../api/use-command-text.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { AsCommand } from '../../ui/as-command.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { showFault } from '../../ui/toast.tsx';

interface Props {
  sandboxes: readonly SandboxInfo[];
  titleOf(sandbox: SandboxInfo): string;
  onClose(): void;
  onDestroyed(): void;
}

/** Names every sandbox that goes. Rows leave the table by their events. */
export function DestroyDialog({ sandboxes, titleOf, onClose, onDestroyed }: Props) {
  const { t } = useTranslation();
  const commandText = useCommandText();
  const faultText = useFaultText();
  // Keeps its words while the closing dialog fades.
  const [named, setNamed] = useState(sandboxes);
  if (sandboxes.length > 0 && sandboxes !== named) setNamed(sandboxes);
  const count = named.length;
  const destroy = async () => {
    try {
      const { results } = await answer(api.sandboxes.destroy.$post({ json: { ids: named.map(({ id }) => id) } }));
      const failed = results.flatMap((result) => (result.ok ? [] : [`${result.id}: ${result.error}`]));
      if (failed.length > 0) showFault(t('sandboxes.notDestroyed', { count: failed.length }), failed.join('\n'));
      onDestroyed();
    } catch (error) {
      showFault(faultText(error));
      throw error;
    }
  };
  return (
    <ConfirmDialog
      open={sandboxes.length > 0}
      onClose={onClose}
      title={t('sandboxes.ask.title', { count })}
      choices={[{ label: t('sandboxes.ask.confirm', { count }), onChoose: destroy }]}
      body={
        <>
          <p>{t('sandboxes.ask.body')}</p>
          <ul className="mt-2 max-h-48 overflow-auto rounded-[8px] border border-line-soft">
            {named.map((sandbox) => (
              <li key={sandbox.id} className="border-line-soft border-b px-3 py-1.5 last:border-b-0">
                <span className="block truncate text-text">{titleOf(sandbox) || sandbox.sessionId}</span>
                <span className="mono block truncate">{sandbox.id}</span>
              </li>
            ))}
          </ul>
          <AsCommand command={commandText(cliCommands.sandboxesRemove(named.map(({ id }) => id)))} />
        </>
      }
    />
  );
}
