import { useTranslation } from 'react-i18next';
import { Select } from '../../ui/select.tsx';
import { useChats } from './chat-store.ts';
import { useModels } from './use-models.ts';

const ownModel = '';

/** Who answers the next message. */
export function ModelPicker() {
  const { t } = useTranslation();
  const { agents, models } = useModels();
  const { agentId, model, choose } = useChats();
  const agent = agents.find(({ id }) => id === agentId) ?? agents[0];
  if (!agent) return null;
  return (
    <>
      {agents.length > 1 && (
        <Select
          areNames
          label={t('playground.composer.agent')}
          value={agent.id}
          onChange={(id) => choose({ agentId: id, model: undefined })}
          options={agents.map(({ id, name }) => ({ value: id, label: name }))}
          className="!h-[26px] !w-auto max-w-44 text-small"
        />
      )}
      <Select
        label={t('playground.composer.model')}
        value={model ?? ownModel}
        onChange={(id) => choose({ model: id === ownModel ? undefined : id })}
        options={[
          { value: ownModel, label: agent.model, note: t('playground.composer.agentsModel') },
          ...models
            .filter(({ id }) => id !== agent.model)
            .map(({ id, label, available, reason }) => ({
              value: id,
              label,
              disabled: !available,
              ...(reason !== undefined && { note: reason }),
            })),
        ]}
        className="!h-[26px] !w-auto max-w-72 text-small"
      />
    </>
  );
}
