import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type KeyProvider, keyProviders } from '../../../server/contract/first-run.ts';
import type { ProbeResult, SecretInfo } from '../../../server/contract/secrets.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useSecrets } from '../../api/use-secrets.ts';
import { ServerText } from '../../i18n/server-text.tsx';
import { Button } from '../../ui/button.tsx';
import { ExternalLink } from '../../ui/external-link.tsx';
import { Field } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { SecretInput } from '../../ui/secret-input.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import type { WayProps } from './step-card.tsx';
import { useChooseModel } from './use-choose-model.ts';

const names: Record<KeyProvider, string> = { anthropic: 'Anthropic', openai: 'OpenAI' };
const formats: Record<KeyProvider, string> = { anthropic: 'sk-ant-…', openai: 'sk-…' };
const providers: readonly KeyProvider[] = ['anthropic', 'openai'];

/** What is pasted is tried first; only then it is stored. */
export function KeyWay({ onChosen, isBusy }: WayProps) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const [provider, setProvider] = useState<KeyProvider>('anthropic');
  const [value, setValue] = useState('');
  const choose = useChooseModel(() => {
    setValue('');
    onChosen();
  });
  const name = keyProviders[provider];
  const secret = useSecrets().data?.secrets.find((each) => each.name === name);
  const isFixed = secret?.origin === 'environment';
  const isWaiting = isBusy || choose.isPending;
  const key = value.trim();
  const use = (unchecked: boolean) =>
    choose.mutate({ kind: 'key', provider, unchecked, ...(key !== '' && { value: key }) });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (key !== '' || secret?.isSet) use(false);
  };
  const result = choose.data && !choose.data.isChosen ? choose.data.result : undefined;
  const pick = (next: KeyProvider) => {
    setProvider(next);
    setValue('');
    choose.reset();
  };
  return (
    <form onSubmit={submit} autoComplete="off" className="grid gap-3">
      <div className="flex flex-wrap items-center gap-3">
        <Segmented<KeyProvider>
          label={t('firstRun.key.provider')}
          value={provider}
          onChange={pick}
          segments={providers.map((each) => ({ value: each, label: names[each] }))}
        />
        {secret?.keyUrl !== undefined && <ExternalLink href={secret.keyUrl}>{t('firstRun.key.getKey')}</ExternalLink>}
      </div>
      {secret?.isSet && <SetAlready secret={secret} />}
      {!isFixed && (
        <Field
          label={t('firstRun.key.label')}
          hint={`${t('firstRun.key.stored')} ${t('firstRun.key.format', { format: formats[provider] })}`}
          error={choose.error ? faultText(choose.error) : undefined}
        >
          <SecretInput
            value={value}
            onChange={(next) => {
              setValue(next);
              if (choose.data || choose.error) choose.reset();
            }}
            placeholder={name}
          />
        </Field>
      )}
      {isFixed && choose.error && (
        <p role="alert" className="text-bad">
          {faultText(choose.error)}
        </p>
      )}
      {result && <Refused result={result} isWaiting={isWaiting} onKeep={() => use(true)} />}
      <div>
        <Button type="submit" look="primary" disabled={isWaiting || (key === '' && !secret?.isSet)}>
          {choose.isPending
            ? t('firstRun.key.testing')
            : t(key === '' && secret?.isSet ? 'firstRun.key.useSet' : 'firstRun.key.use')}
        </Button>
      </div>
    </form>
  );
}

function SetAlready({ secret: { name, origin, lastFour } }: { secret: SecretInfo }) {
  const { t } = useTranslation();
  if (origin === 'environment') return <p>{t('firstRun.key.fromEnvironment', { name })}</p>;
  if (lastFour === undefined) return <p>{t('firstRun.key.isSetShort', { name })}</p>;
  return <p>{t('firstRun.key.isSet', { name, lastFour })}</p>;
}

/** The provider's words are English and know most. */
function Refused({ result, isWaiting, onKeep }: { result: ProbeResult; isWaiting: boolean; onKeep(): void }) {
  const { t } = useTranslation();
  const isRejected = result.outcome === 'rejected';
  return (
    <Notice
      className="mb-0"
      tone={isRejected ? 'bad' : 'warn'}
      actions={
        !isRejected && (
          <Button size="small" disabled={isWaiting} onClick={onKeep}>
            {t('firstRun.key.keepUnchecked')}
          </Button>
        )
      }
    >
      {t(`firstRun.key.outcomes.${result.outcome}`)}
      <span lang="en" className="block text-small">
        <ServerText>{result.message}</ServerText>
      </span>
    </Notice>
  );
}
