import { Trans, useTranslation } from 'react-i18next';
import { type ServerFault, type ServerState, stageNames } from '../../../server/contract/server-state.ts';
import { ApiError } from '../../api/api-error.ts';
import { useKnown } from '../../api/live-context.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useFormat } from '../../i18n/format.ts';
import { ServerText } from '../../i18n/server-text.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { useNow } from '../../ui/use-now.ts';

/** One line below the title: where the server listens, or what it waits for, or why it does not run. */
export function ServerLine({ server }: { server: ServerState }) {
  const { t } = useTranslation();
  if (server.phase === 'failed') return server.fault && <FaultLine fault={server.fault} />;
  if (server.phase === 'stopped') return t('overview.stopped');
  if (server.phase === 'draining') {
    return server.runsLeft ? t('overview.draining', { count: server.runsLeft }) : t('overview.drainingNone');
  }
  if (server.address === undefined) return <CurrentStage server={server} />;
  return <Listening address={server.address} startedAt={server.startedAt} />;
}

/** The server's own sentence knows most; where the page speaks another language, it follows the translated one. */
function FaultLine({ fault }: { fault: ServerFault }) {
  const faultText = useFaultText();
  const sentence = faultText(new ApiError(fault.code, fault.message, 500));
  return (
    <>
      <span className="text-bad">{sentence}</span>
      {sentence !== fault.message && (
        <span lang="en" className="block text-small">
          <ServerText>{fault.message}</ServerText>
        </span>
      )}
    </>
  );
}

function CurrentStage({ server }: { server: ServerState }) {
  const { t } = useTranslation();
  const place = server.stages.findIndex((stage) => stage.status === 'running');
  const name = server.stages[place]?.name;
  if (!name) return null;
  return t('overview.stage', { number: place + 1, total: stageNames.length, name: t(`overview.stages.${name}`) });
}

function Listening({ address, startedAt }: { address: string; startedAt: number | undefined }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(1000);
  const runs = useKnown((live) => live.runs.filter((run) => run.status === 'running').length);
  return (
    <span className="tabular inline-flex flex-wrap items-center">
      <span>
        <Trans
          t={t}
          i18nKey="overview.listening"
          values={{ address, duration: format.duration(Math.max(1000, now - (startedAt ?? now))) }}
          components={[<span key="address" className="mono text-text" />]}
        />
        {runs > 0 && ` · ${t('overview.runs', { count: runs })}`}
      </span>
      <CopyButton text={address} label={t('overview.copyAddress')} />
    </span>
  );
}
