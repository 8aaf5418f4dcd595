import { useTranslation } from 'react-i18next';
import { Button } from '../../ui/button.tsx';

interface Props {
  count: number;
  /** Names of changed settings that wait for a restart. */
  restart: readonly string[];
  isSaving: boolean;
  canSave: boolean;
  onDiscard(): void;
}

/** Stays in sight while there is something to save. */
export function SaveBar({ count, restart, isSaving, canSave, onDiscard }: Props) {
  const { t } = useTranslation();
  return (
    <div className="appear sticky bottom-0 flex items-center gap-2 rounded-[10px] border border-line bg-panel px-3.5 py-2.5 shadow-pop">
      <span className="mr-auto">
        <span className="tabular font-medium">{t('settings.changes', { count })}</span>{' '}
        {restart.length > 0 && (
          <span className="text-dim">{t('settings.willRestart', { names: restart.join(', ') })}</span>
        )}
      </span>
      <Button onClick={onDiscard}>{t('settings.discard')}</Button>
      <Button type="submit" look="primary" disabled={isSaving || !canSave}>
        {isSaving ? t('settings.saving') : t('settings.save')}
      </Button>
    </div>
  );
}
