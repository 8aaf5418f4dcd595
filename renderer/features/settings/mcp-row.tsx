import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { McpServerInfo } from '../../../server/contract/mcp.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { ServerText } from '../../i18n/server-text.tsx';
import { Button } from '../../ui/button.tsx';
import { Chip } from '../../ui/chip.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import type { Tone } from '../../ui/state-dot.tsx';
import { Switch } from '../../ui/switch.tsx';
import { showFault } from '../../ui/toast.tsx';
import { McpDetails } from './mcp-details.tsx';
import { type McpAction, useMcpAction } from './use-mcp.ts';

const tones: Record<McpServerInfo['state'], Tone> = { off: 'idle', starting: 'accent', ready: 'ok', failed: 'bad' };

export function McpRow({ server }: { server: McpServerInfo }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const detailsId = useId();
  const [isOpen, setOpen] = useState(false);
  const [isRemoving, setRemoving] = useState(false);
  const action = useMcpAction();
  const { name, state, isEnabled } = server;
  const act = (wanted: McpAction) => action.mutate(wanted, { onError: (error) => showFault(faultText(error)) });
  const remove = async () => {
    try {
      await action.mutateAsync({ type: 'remove', name });
    } catch (error) {
      showFault(faultText(error));
      throw error;
    }
  };
  const word = isEnabled ? t(`mcp.states.${state}`) : t('mcp.disabled');
  return (
    <li className="border-line-soft border-b px-3.5 py-2.5 last:border-b-0">
      <div className="flex flex-wrap items-center gap-x-2.5 gap-y-1.5">
        <div className="min-w-0 flex-1 basis-64">
          <div className="flex flex-wrap items-center gap-2">
            <span className="mono font-medium">{name}</span>
            <Chip dot tone={isEnabled ? tones[state] : 'idle'}>
              {word}
            </Chip>
            {state === 'ready' && (
              <span className="text-dim text-small">{t('mcp.toolCount', { count: server.tools.length })}</span>
            )}
          </div>
          <div className="mono text-dim text-small [overflow-wrap:anywhere]">{server.target}</div>
        </div>
        <span className="flex flex-wrap items-center gap-2">
          <Button
            size="small"
            look="quiet"
            aria-expanded={isOpen}
            aria-controls={detailsId}
            aria-label={t('mcp.detailsOf', { name })}
            onClick={() => setOpen(!isOpen)}
          >
            {t('mcp.details')}
          </Button>
          <Button
            size="small"
            disabled={!isEnabled || action.isPending || state === 'starting'}
            aria-label={t(state === 'off' ? 'mcp.startOf' : 'mcp.restartOf', { name })}
            onClick={() => act({ type: 'restart', name })}
          >
            {t(state === 'off' ? 'mcp.start' : 'mcp.restart')}
          </Button>
          <Button size="small" aria-label={t('mcp.removeOf', { name })} onClick={() => setRemoving(true)}>
            {t('mcp.remove')}
          </Button>
          <Switch
            label={t('mcp.useOf', { name })}
            checked={isEnabled}
            disabled={action.isPending}
            onChange={(enabled) => act({ type: 'switch', name, enabled })}
          />
        </span>
      </div>
      {server.error && (
        <p className="mt-1 text-bad [overflow-wrap:anywhere]">
          <ServerText>{server.error.message}</ServerText>
        </p>
      )}
      <div id={detailsId} hidden={!isOpen}>
        {isOpen && <McpDetails server={server} />}
      </div>
      <ConfirmDialog
        open={isRemoving}
        onClose={() => setRemoving(false)}
        title={t('mcp.askRemove.title', { name })}
        body={t('mcp.askRemove.body')}
        choices={[{ label: t('mcp.askRemove.confirm'), onChoose: remove }]}
      />
    </li>
  );
}
