import { useMutation } from '@tanstack/react-query';
import i18next from 'i18next';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { ApiError } from '../../../api/api-error.ts';
import { answer, api } from '../../../api/client.ts';
import { useFaultText } from '../../../api/use-fault-text.ts';
import { ServerText } from '../../../i18n/server-text.tsx';
import { Button } from '../../../ui/button.tsx';
import { Chip } from '../../../ui/chip.tsx';
import { ConfirmDialog } from '../../../ui/confirm-dialog.tsx';
import { showFault } from '../../../ui/toast.tsx';
import { useSaveSettings } from '../use-settings.ts';
import type { Entry, ProviderDraft } from './model-entries.ts';

interface Props {
  entry: Entry<ProviderDraft>;
  /** Undefined while it is not known. */
  isKeySet: boolean | undefined;
  onEdit(): void;
}

interface Tried {
  isFine: boolean;
  message: string;
  code?: string;
}

export function ProviderRow({ entry, isKeySet, onEdit }: Props) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const { name, type, baseUrl, apiKeyEnv } = entry.draft;
  const isOutside = entry.source === 'environment' || entry.source === 'command line';
  const [isRemoving, setRemoving] = useState(false);
  const save = useSaveSettings();
  const test = useMutation({ mutationFn: () => tryProvider(apiKeyEnv, baseUrl) });
  const remove = async () => {
    try {
      await save.mutateAsync({ [`providers.${name}`]: null });
    } catch (error) {
      showFault(faultText(error));
      throw error;
    }
  };
  const canTest = type !== 'demo' && (isKeySet === true || baseUrl !== '');
  return (
    <li className="border-line-soft border-b px-3.5 py-2.5 last:border-b-0">
      <div className="flex flex-wrap items-center gap-x-2.5 gap-y-1.5">
        <div className="min-w-0 flex-1 basis-56">
          <div className="flex flex-wrap items-center gap-2">
            <span className="mono font-medium">{name}</span>
            <Chip>
              <span translate="no">{type}</span>
            </Chip>
            {isOutside && <Chip tone="warn">{t(`settings.sources.${entry.source}`)}</Chip>}
          </div>
          <div className="text-dim text-small [overflow-wrap:anywhere]">
            {baseUrl !== '' && <span className="mono">{baseUrl}</span>}
            {baseUrl !== '' && apiKeyEnv !== '' && ' · '}
            {apiKeyEnv !== '' && (
              <>
                <Link href={`/secrets?name=${encodeURIComponent(apiKeyEnv)}`} className="mono underline">
                  {apiKeyEnv}
                </Link>{' '}
                {isKeySet !== undefined && t(isKeySet ? 'providers.keySet' : 'providers.keyMissing')}
              </>
            )}
          </div>
        </div>
        <span className="flex flex-wrap items-center gap-2">
          <Button
            size="small"
            disabled={!canTest || test.isPending}
            aria-label={t('providers.testOf', { name })}
            onClick={() => test.mutate()}
          >
            {test.isPending ? t('providers.testing') : t('providers.test')}
          </Button>
          <Button size="small" disabled={isOutside} aria-label={t('providers.editOf', { name })} onClick={onEdit}>
            {t('providers.edit')}
          </Button>
          <Button
            size="small"
            disabled={isOutside}
            aria-label={t('providers.removeOf', { name })}
            onClick={() => setRemoving(true)}
          >
            {t('providers.remove')}
          </Button>
        </span>
      </div>
      <p aria-live="polite" className={test.data?.isFine ? 'text-ok' : 'text-bad'}>
        {test.error && faultText(test.error)}
        {test.data?.code !== undefined && faultText(new ApiError(test.data.code, test.data.message, 502))}
        {test.data && test.data.code === undefined && <ServerText>{test.data.message}</ServerText>}
      </p>
      <ConfirmDialog
        open={isRemoving}
        onClose={() => setRemoving(false)}
        title={t('providers.askRemove.title', { name })}
        body={t('providers.askRemove.body')}
        choices={[{ label: t('providers.askRemove.confirm'), onChoose: remove }]}
      />
    </li>
  );
}

/** By its key, which costs nothing; an endpoint without one is asked whether it is there. */
async function tryProvider(keyName: string, baseUrl: string): Promise<Tried> {
  if (keyName !== '') {
    const { result } = await answer(api.secrets[':name'].test.$post({ param: { name: keyName } }));
    return { isFine: result.outcome === 'accepted', message: result.message };
  }
  const { problem, status, host } = await answer(api.network.try.$post({ json: { url: baseUrl } }));
  if (problem) return { isFine: false, ...problem };
  return { isFine: true, message: i18next.t('providers.reached', { host, status: status ?? '' }) };
}
