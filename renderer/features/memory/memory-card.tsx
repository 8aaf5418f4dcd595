import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { cliCommands } from '../../../server/contract/cli-commands.ts';
import type { Owner } from '../../../server/contract/ids.ts';
import { toApiError } from '../../api/api-error.ts';
import { useCommandText } from '../../api/use-command-text.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useFormat } from '../../i18n/format.ts';
import { AsCommand } from '../../ui/as-command.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Notice } from '../../ui/notice.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { Switch } from '../../ui/switch.tsx';
import { showFault } from '../../ui/toast.tsx';
import { MemoryText } from './memory-text.tsx';
import { RebuildLine } from './rebuild-line.tsx';
import { type MemoryAction, useMemory, useMemoryAction } from './use-memory.ts';

/** USER.md of one user: read, edit, rebuild, clear, switch off. */
export function MemoryCard({ owner, name }: { owner: Owner; name: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const faultText = useFaultText();
  const commandText = useCommandText();
  const { data, error, refetch } = useMemory(owner);
  const action = useMemoryAction(owner);
  const [isClearing, setClearing] = useState(false);
  const act = (wanted: MemoryAction) => action.mutate(wanted, { onError: (fault) => showFault(faultText(fault)) });
  const clear = async () => {
    try {
      await action.mutateAsync({ type: 'clear' });
    } catch (fault) {
      showFault(faultText(fault));
      throw fault;
    }
  };
  if (!data) {
    return (
      <Card title={name}>
        {error ? (
          <ErrorState message={faultText(error)} code={toApiError(error).code} onRetry={() => void refetch()} />
        ) : (
          <SkeletonRows />
        )}
      </Card>
    );
  }
  const { enabled, isOffered, text, rebuild, sizeBytes } = data;
  const isRebuilding = rebuild?.status === 'running';
  return (
    <Card
      title={<span className="[overflow-wrap:anywhere]">{name}</span>}
      aside={
        <span className="flex items-center gap-2">
          {t(enabled ? 'memory.on' : 'memory.off')}
          <Switch
            label={t('memory.useOf', { name })}
            checked={enabled}
            disabled={action.isPending}
            onChange={(next) => act({ type: 'change', change: { enabled: next } })}
          />
        </span>
      }
    >
      <div className="grid gap-3 px-3.5 py-3">
        {!isOffered && (
          <Notice tone="warn" className="!mb-0">
            {t('memory.notOffered')}
          </Notice>
        )}
        {isOffered && !enabled && (
          <Notice tone="accent" className="!mb-0">
            {t('memory.offNote')}
          </Notice>
        )}
        <RebuildLine rebuild={rebuild} onStop={() => act({ type: 'stopRebuild' })} />
        <MemoryText owner={owner} memory={data} />
        <div className="flex flex-wrap items-center gap-2 border-line-soft border-t pt-3">
          <Button
            disabled={isRebuilding || !enabled || !isOffered || action.isPending}
            onClick={() => act({ type: 'rebuild' })}
          >
            {t('memory.rebuild')}
          </Button>
          <span className="min-w-0 flex-1 basis-60 text-dim text-small">{t('memory.rebuildNote')}</span>
          <Button look="danger" disabled={text === ''} onClick={() => setClearing(true)}>
            {t('memory.clear')}
          </Button>
        </div>
      </div>
      <ConfirmDialog
        open={isClearing}
        onClose={() => setClearing(false)}
        title={t('memory.ask.title', { name })}
        body={
          <>
            <p>{t('memory.ask.body', { size: format.bytes(sizeBytes) })}</p>
            <AsCommand command={commandText(cliCommands.memoryClear(owner))} />
          </>
        }
        choices={[{ label: t('memory.ask.confirm'), onChoose: clear }]}
      />
    </Card>
  );
}
