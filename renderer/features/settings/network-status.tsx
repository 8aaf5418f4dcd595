import { useMutation, useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { NetworkStatus, NetworkTrial } from '../../../server/contract/network.ts';
import { ApiError } from '../../api/api-error.ts';
import { answer, api } from '../../api/client.ts';
import { queryKeys } from '../../api/query-client.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { Button } from '../../ui/button.tsx';
import { Chip } from '../../ui/chip.tsx';
import { TextInput } from '../../ui/field.tsx';

const sample = 'https://api.anthropic.com';

/** The proxy in force with where it comes from, and a line to try an address on. */
export function NetworkState() {
  const { t } = useTranslation();
  const faultText = useFaultText();
  // Below the settings, so that a change of them asks anew.
  const { data, error } = useQuery({
    queryKey: [...queryKeys.settings, 'network'],
    queryFn: () => answer(api.network.$get()),
  });
  const inputId = useId();
  const [url, setUrl] = useState(sample);
  const trial = useMutation({ mutationFn: () => answer(api.network.try.$post({ json: { url: url.trim() } })) });
  const tryIt = () => trial.mutate();
  return (
    <div className="grid gap-2.5 px-3.5 py-3">
      {data && <Standing status={data} />}
      {error && <p className="text-bad">{faultText(error)}</p>}
      <div className="grid gap-1.5">
        <div className="flex min-w-0 items-end gap-2">
          <label htmlFor={inputId} className="grid min-w-0 flex-1 gap-1">
            <span className="font-medium">
              {t('network.try')} <span className="font-normal text-dim text-small">{t('network.tryNote')}</span>
            </span>
            <TextInput
              id={inputId}
              value={url}
              spellCheck={false}
              autoComplete="off"
              onChange={(event) => setUrl(event.target.value)}
              onKeyDown={(event) => {
                if (event.key !== 'Enter') return;
                event.preventDefault();
                tryIt();
              }}
              className="mono w-full"
            />
          </label>
          <Button disabled={trial.isPending || url.trim() === ''} onClick={tryIt}>
            {trial.isPending ? t('network.trying') : t('network.ask')}
          </Button>
        </div>
        <p aria-live="polite" className="flex flex-wrap items-center gap-2 [overflow-wrap:anywhere]">
          {trial.error && <span className="text-bad">{faultText(trial.error)}</span>}
          {trial.data && !trial.isPending && <Result trial={trial.data} />}
        </p>
      </div>
    </div>
  );
}

function Standing({ status }: { status: NetworkStatus }) {
  const { t } = useTranslation();
  const { source, http, https, bypass, authorities, problem } = status;
  const proxies = [...new Set([https, http].filter((each) => each !== undefined))];
  return (
    <div className="grid gap-1">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <span className="font-medium">{t('network.inForce')}</span>
        {proxies.length === 0 ? (
          <span>{t('network.direct')}</span>
        ) : (
          proxies.map((proxy) => (
            <span key={proxy} className="mono">
              {proxy}
            </span>
          ))
        )}
        <Chip tone={problem ? 'bad' : proxies.length > 0 ? 'accent' : 'idle'}>{t(`network.sources.${source}`)}</Chip>
        {authorities !== undefined && (
          <span className="text-dim text-small">{t('network.authorities', { count: authorities })}</span>
        )}
      </div>
      {bypass.length > 0 && (
        <p className="text-dim text-small [overflow-wrap:anywhere]">
          {t('network.bypass')} <span className="mono">{bypass.join(', ')}</span>
        </p>
      )}
      {status.isScriptIgnored && <p className="text-warn">{t('network.script')}</p>}
      {problem && <Problem problem={problem} />}
    </div>
  );
}

function Result({ trial }: { trial: NetworkTrial }) {
  const { t } = useTranslation();
  const { host, proxy, isException, status, durationMs, problem } = trial;
  return (
    <>
      <Chip dot tone={problem ? 'bad' : 'ok'}>
        {problem ? t('network.failed') : t('network.answered', { status: status ?? '' })}
      </Chip>
      <span className="text-dim">
        {proxy !== undefined
          ? t('network.through', { host, proxy })
          : t(isException ? 'network.exception' : 'network.withoutProxy', { host })}
      </span>
      <span className="tabular text-dim">{t('network.duration', { ms: durationMs })}</span>
      {problem && <Problem problem={problem} />}
    </>
  );
}

function Problem({ problem }: { problem: { code: string; message: string } }) {
  const faultText = useFaultText();
  return (
    <span className="text-bad [overflow-wrap:anywhere]">
      {faultText(new ApiError(problem.code, problem.message, 503))}{' '}
      <span className="mono text-dim">{problem.code}</span>
    </span>
  );
}
