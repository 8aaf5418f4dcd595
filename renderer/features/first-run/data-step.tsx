import { type FormEvent, useState } from 'react';
import { Trans, useTranslation } from 'react-i18next';
import type { DataPlace } from '../../../server/contract/first-run.ts';
import { toApiError } from '../../api/api-error.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useFormat } from '../../i18n/format.ts';
import { ServerText } from '../../i18n/server-text.tsx';
import { useServerText } from '../../i18n/use-server-text.ts';
import { Button } from '../../ui/button.tsx';
import { Chip } from '../../ui/chip.tsx';
import { CommandLine } from '../../ui/command-line.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Field, TextInput } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { StepCard, type StepProps } from './step-card.tsx';
import { useChoosePlace, useForgetPlace, usePlace } from './use-first-run.ts';

export function DataStep({ onDone, onSkip, isBusy }: StepProps) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const { data: place, error, refetch } = usePlace();
  return (
    <StepCard
      title={t('firstRun.steps.data')}
      note={t('firstRun.data.note')}
      onSkip={onSkip}
      isBusy={isBusy}
      action={
        <Button look="primary" disabled={isBusy || !place} onClick={onDone}>
          {t(place?.next ? 'firstRun.data.goOn' : 'firstRun.data.keep')}
        </Button>
      }
    >
      {!place && !error && <SkeletonRows rows={2} />}
      {!place && error && (
        <ErrorState message={faultText(error)} code={toApiError(error).code} onRetry={() => void refetch()} />
      )}
      {place && <Place place={place} />}
      {place && <Next place={place} />}
      {place && (place.canMove ? <Choose /> : <Large command={place.moveCommand} />)}
    </StepCard>
  );
}

function Place({ place: { dataDir, freeBytes, totalBytes, problem } }: { place: DataPlace }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <div className="rounded-[9px] border border-line bg-sunk px-3.5 py-2.5">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <span className="mono min-w-0 [overflow-wrap:anywhere]">{dataDir}</span>
        <CopyButton text={dataDir} label={t('firstRun.data.place')} />
        <span className="ml-auto">
          <Chip dot tone={problem === undefined ? 'ok' : 'bad'}>
            {t(problem === undefined ? 'firstRun.data.writable' : 'firstRun.data.unwritable')}
          </Chip>
        </span>
      </div>
      <p className="tabular text-dim text-small">
        {freeBytes !== undefined && totalBytes !== undefined
          ? t('firstRun.data.free', { free: format.bytes(freeBytes), total: format.bytes(totalBytes) })
          : t('firstRun.data.noSpace')}
      </p>
      {problem !== undefined && (
        <p className="mt-1 text-bad">
          <ServerText>{problem}</ServerText>
        </p>
      )}
    </div>
  );
}

function Next({ place: { next } }: { place: DataPlace }) {
  const { t } = useTranslation();
  const serverText = useServerText();
  const forget = useForgetPlace();
  if (!next) return null;
  const isFailed = next.problem !== undefined;
  return (
    <Notice
      className="mb-0"
      tone={isFailed ? 'warn' : 'accent'}
      actions={
        <Button size="small" disabled={forget.isPending} onClick={() => forget.mutate()}>
          {t('firstRun.data.stay')}
        </Button>
      }
    >
      <Trans
        t={t}
        i18nKey={isFailed ? 'firstRun.data.failed' : 'firstRun.data.next'}
        values={{ to: next.to, problem: serverText(next.problem ?? '') }}
        components={[<span key="to" className="mono" />]}
      />
    </Notice>
  );
}

/** The window has a dialog for it; in a browser the path is written, since a page cannot see folders. */
function Choose() {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const choose = useChoosePlace();
  const [path, setPath] = useState('');
  const native = window.native;
  const error = choose.error ? faultText(choose.error) : undefined;
  if (native) {
    const ask = async () => {
      const folder = await native.chooseDirectory();
      if (folder !== null) choose.mutate(folder);
    };
    return (
      <div className="grid justify-items-start gap-1.5">
        <Button disabled={choose.isPending} onClick={() => void ask()}>
          {t('firstRun.data.choose')}
        </Button>
        {error !== undefined && (
          <p role="alert" className="text-bad">
            {error}
          </p>
        )}
      </div>
    );
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (path.trim() !== '') choose.mutate(path.trim(), { onSuccess: () => setPath('') });
  };
  return (
    <form onSubmit={submit} className="grid gap-2">
      <Field label={t('firstRun.data.other')} hint={t('firstRun.data.otherHint')} error={error}>
        <span className="flex gap-2">
          <TextInput
            className="mono"
            value={path}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => setPath(event.target.value)}
          />
          <Button type="submit" disabled={choose.isPending || path.trim() === ''}>
            {t('firstRun.data.use')}
          </Button>
        </span>
      </Field>
    </form>
  );
}

function Large({ command }: { command: string }) {
  const { t } = useTranslation();
  return (
    <div className="grid gap-1.5">
      <p className="text-dim">{t('firstRun.data.large')}</p>
      <CommandLine command={command} />
    </div>
  );
}
