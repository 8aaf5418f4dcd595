import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFaultText } from '../../../api/use-fault-text.ts';
import { Button } from '../../../ui/button.tsx';
import { Chip } from '../../../ui/chip.tsx';
import { ConfirmDialog } from '../../../ui/confirm-dialog.tsx';
import { showFault } from '../../../ui/toast.tsx';
import { useSaveSettings } from '../use-settings.ts';
import type { Entry, ModelDraft } from './model-entries.ts';

export function ModelRow({ entry, onEdit }: { entry: Entry<ModelDraft>; onEdit(): void }) {
  const { t, i18n } = useTranslation();
  const faultText = useFaultText();
  const { id, contextWindow, input, output } = entry.draft;
  const isOutside = entry.source === 'environment' || entry.source === 'command line';
  const [isRemoving, setRemoving] = useState(false);
  const save = useSaveSettings();
  const remove = async () => {
    try {
      await save.mutateAsync({ [`models.${id}`]: null });
    } catch (error) {
      showFault(faultText(error));
      throw error;
    }
  };
  const facts = [
    contextWindow !== '' && t('providers.window', { tokens: Number(contextWindow).toLocaleString(i18n.language) }),
    input !== '' && t('providers.prices', { input, output }),
  ].filter((each) => each !== false);
  return (
    <li className="flex flex-wrap items-center gap-x-2.5 gap-y-1.5 border-line-soft border-b px-3.5 py-2.5 last:border-b-0">
      <div className="min-w-0 flex-1 basis-56">
        <span className="mono font-medium [overflow-wrap:anywhere]">{id}</span>{' '}
        {isOutside && <Chip tone="warn">{t(`settings.sources.${entry.source}`)}</Chip>}
        <div className="tabular text-dim text-small">{facts.join(' · ')}</div>
      </div>
      <span className="flex flex-wrap items-center gap-2">
        <Button size="small" disabled={isOutside} aria-label={t('providers.editOf', { name: id })} onClick={onEdit}>
          {t('providers.edit')}
        </Button>
        <Button
          size="small"
          disabled={isOutside}
          aria-label={t('providers.removeOf', { name: id })}
          onClick={() => setRemoving(true)}
        >
          {t('providers.remove')}
        </Button>
      </span>
      <ConfirmDialog
        open={isRemoving}
        onClose={() => setRemoving(false)}
        title={t('providers.askRemove.title', { name: id })}
        body={t('providers.askRemove.modelBody')}
        choices={[{ label: t('providers.askRemove.confirm'), onChoose: remove }]}
      />
    </li>
  );
}
