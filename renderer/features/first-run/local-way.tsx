import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type LocalServer, localServers } from '../../../server/contract/first-run.ts';
import { answer, api } from '../../api/client.ts';
import { queryKeys } from '../../api/query-client.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { Button } from '../../ui/button.tsx';
import { Field } from '../../ui/field.tsx';
import { NumberInput } from '../../ui/number-input.tsx';
import { Select } from '../../ui/select.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import type { WayProps } from './step-card.tsx';
import { useChooseModel } from './use-choose-model.ts';

const usualPorts = localServers.map(({ port }) => port).join(', ');

export function LocalWay({ onChosen, isBusy }: WayProps) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const [port, setPort] = useState<number>();
  const found = useQuery({
    queryKey: [...queryKeys.firstRun, 'local', port ?? 0],
    queryFn: () => answer(api['first-run']['local-models'].$post({ json: port === undefined ? {} : { port } })),
    gcTime: 0,
    staleTime: 0,
  });
  const servers = found.data?.servers;
  const ports = port === undefined ? usualPorts : String(port);
  return (
    <div className="grid gap-3">
      <p className="text-dim">{t('firstRun.local.note')}</p>
      {found.isFetching && !servers && (
        <div role="status" aria-label={t('firstRun.local.looking', { ports })}>
          <SkeletonRows rows={2} />
        </div>
      )}
      {found.error && (
        <p role="alert" className="text-bad">
          {faultText(found.error)}
        </p>
      )}
      {servers && servers.length === 0 && (
        <p role="status">
          {port === undefined ? t('firstRun.local.none', { ports }) : t('firstRun.local.noneAt', { port })}
        </p>
      )}
      {servers && servers.length > 0 && (
        <ul className="rounded-[9px] border border-line">
          {servers.map((server) => (
            <ServerRow key={server.port} server={server} isBusy={isBusy} onChosen={onChosen} />
          ))}
        </ul>
      )}
      <div className="flex flex-wrap items-end justify-between gap-3">
        <OtherPort onLook={(next) => (next === port ? void found.refetch() : setPort(next))} />
        <Button
          disabled={found.isFetching}
          onClick={() => (port === undefined ? void found.refetch() : setPort(undefined))}
        >
          {found.isFetching ? t('firstRun.local.looking', { ports }) : t('firstRun.local.again')}
        </Button>
      </div>
    </div>
  );
}

function ServerRow({ server, isBusy, onChosen }: { server: LocalServer } & WayProps) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const { id, label, port, models } = server;
  const [wanted, setWanted] = useState<string>();
  const choose = useChooseModel(onChosen);
  const model = wanted !== undefined && models.includes(wanted) ? wanted : models[0];
  return (
    <li className="grid gap-1.5 border-line-soft border-b px-3.5 py-2.5 last:border-b-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <span className="min-w-40 flex-1">
          <span className="block font-medium">{label}</span>
          <span className="block text-dim text-small">
            <span className="mono">127.0.0.1:{port}</span>
            {' · '}
            {models.length === 0 ? t('firstRun.local.noModels') : t('firstRun.local.models', { count: models.length })}
          </span>
        </span>
        {model !== undefined && (
          <>
            <Select
              label={t('firstRun.local.model', { server: label })}
              className="mono w-64"
              value={model}
              onChange={setWanted}
              options={models.map((name) => ({ value: name, label: name }))}
            />
            <Button
              look="primary"
              disabled={isBusy || choose.isPending}
              onClick={() => choose.mutate({ kind: 'local', id, port, model })}
            >
              {t('firstRun.local.use')}
            </Button>
          </>
        )}
      </div>
      {choose.error && (
        <p role="alert" className="text-bad">
          {faultText(choose.error)}
        </p>
      )}
    </li>
  );
}

function OtherPort({ onLook }: { onLook(port: number): void }) {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const [isBad, setBad] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const port = Number(text.trim());
    const isPort = /^\d+$/.test(text.trim()) && port >= 1 && port <= 65_535;
    setBad(!isPort);
    if (isPort) onLook(port);
  };
  return (
    <form onSubmit={submit}>
      <Field label={t('firstRun.local.otherPort')} error={isBad ? t('firstRun.local.badPort') : undefined}>
        <span className="flex gap-2">
          <NumberInput value={text} onChange={setText} placeholder="5000" />
          <Button type="submit" disabled={text.trim() === ''}>
            {t('firstRun.local.look')}
          </Button>
        </span>
      </Field>
    </form>
  );
}
