import { useTranslation } from 'react-i18next';
import { curlCommand } from '../../api/curl.ts';
import { useKnown } from '../../api/live-context.ts';
import { useNeedsToken } from '../../api/use-secrets.ts';
import { Card } from '../../ui/card.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';

/** How a client reaches the server, ready to be pasted. */
export function ConnectCard() {
  const { t } = useTranslation();
  const address = useKnown((live) => live.server.address);
  const needsToken = useNeedsToken();
  if (address === undefined)
    return (
      <Card title={t('overview.connect.title')}>
        <p className="px-3.5 py-3 text-dim">{t('overview.connect.stopped')}</p>
      </Card>
    );
  const curl = curlCommand({ address, needsToken, body: { message: 'Hello' } });
  return (
    <Card title={t('overview.connect.title')}>
      <dl className="px-3.5 py-2">
        <Line name={t('overview.connect.address')} value={address} copyLabel={t('overview.copyAddress')} />
        <Line
          name={t('overview.connect.openai')}
          value={`${address}/v1`}
          copyLabel={t('overview.connect.copyOpenai')}
        />
      </dl>
      <div className="flex items-start gap-2 border-line-soft border-t py-2 pr-1.5 pl-3.5">
        <code className="mono min-w-0 flex-1 whitespace-pre-wrap py-1 text-[11px] text-dim [overflow-wrap:anywhere]">
          {curl}
        </code>
        <CopyButton text={curl} label={t('overview.connect.copyCurl')} />
      </div>
      {needsToken && <p className="px-3.5 pb-2.5 text-dim text-small">{t('overview.connect.token')}</p>}
    </Card>
  );
}

function Line({ name, value, copyLabel }: { name: string; value: string; copyLabel: string }) {
  return (
    <div className="flex items-center gap-2">
      <dt className="w-22 shrink-0 text-dim">{name}</dt>
      <dd className="mono min-w-0 flex-1 truncate">{value}</dd>
      <dd>
        <CopyButton text={value} label={copyLabel} />
      </dd>
    </div>
  );
}
