import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ConfigValue } from '../../../../server/contract/config.ts';
import { useSecrets } from '../../../api/use-secrets.ts';
import { Button } from '../../../ui/button.tsx';
import { Card } from '../../../ui/card.tsx';
import { ModelDialog } from './model-dialog.tsx';
import {
  emptyModel,
  emptyProvider,
  type ModelDraft,
  modelsOf,
  type ProviderDraft,
  providersOf,
} from './model-entries.ts';
import { ModelRow } from './model-row.tsx';
import { ProviderDialog } from './provider-dialog.tsx';
import { ProviderRow } from './provider-row.tsx';

/** Endpoints and models of a person's own: each an entry of the file. */
export function ProviderCards({ values }: { values: readonly ConfigValue[] }) {
  const { t } = useTranslation();
  const { data: secrets } = useSecrets();
  const [provider, setProvider] = useState<ProviderDraft>();
  const [model, setModel] = useState<ModelDraft>();
  const providers = providersOf(values);
  const models = modelsOf(values);
  const isKeySet = (name: string) => secrets?.secrets.find((secret) => secret.name === name)?.isSet;
  return (
    <>
      <Card
        title={t('providers.title')}
        aside={
          <Button size="small" onClick={() => setProvider(emptyProvider)}>
            {t('providers.add')}
          </Button>
        }
      >
        {providers.length === 0 && <p className="px-3.5 py-3 text-dim">{t('providers.none')}</p>}
        <ul>
          {providers.map((entry) => (
            <ProviderRow
              key={entry.draft.name}
              entry={entry}
              isKeySet={isKeySet(entry.draft.apiKeyEnv)}
              onEdit={() => setProvider(entry.draft)}
            />
          ))}
        </ul>
      </Card>
      <Card
        title={t('providers.models')}
        aside={
          <Button size="small" onClick={() => setModel(emptyModel)}>
            {t('providers.addModel')}
          </Button>
        }
      >
        {models.length === 0 && <p className="px-3.5 py-3 text-dim">{t('providers.noModels')}</p>}
        <ul>
          {models.map((entry) => (
            <ModelRow key={entry.draft.id} entry={entry} onEdit={() => setModel(entry.draft)} />
          ))}
        </ul>
      </Card>
      {provider && (
        <ProviderDialog
          first={provider}
          isNew={provider.name === ''}
          taken={providers.map(({ draft }) => draft.name)}
          onClose={() => setProvider(undefined)}
        />
      )}
      {model && (
        <ModelDialog
          first={model}
          isNew={model.id === ''}
          taken={models.map(({ draft }) => draft.id)}
          onClose={() => setModel(undefined)}
        />
      )}
    </>
  );
}
