import { useTranslation } from 'react-i18next';
import { type CloseChoice, closeChoices } from '../../../electron/native/contract.ts';
import { useStartup } from '../../api/use-startup.ts';
import { Card, CardRow } from '../../ui/card.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import { Switch } from '../../ui/switch.tsx';
import { showFault } from '../../ui/toast.tsx';

/** How the desktop program starts and ends. A browser tab has neither, and says so. */
export function StartupCard() {
  const { t } = useTranslation();
  const { startup, change } = useStartup();
  if (!window.native)
    return (
      <Card title={t('settings.startup.title')}>
        <CardRow title={<span className="text-dim">{t('settings.startup.browser')}</span>} />
      </Card>
    );
  if (!startup) return null;
  const isUnavailable = startup.atLogin === 'unavailable';
  const set = (wanted: Parameters<typeof change.mutate>[0]) =>
    change.mutate(wanted, { onError: (error) => showFault(t('settings.startup.failed'), error.message) });
  return (
    <Card title={t('settings.startup.title')} aside={t('settings.startup.aside')}>
      <CardRow
        title={t('settings.startup.atLogin')}
        note={isUnavailable ? t('settings.startup.atLoginUnavailable') : t('settings.startup.atLoginNote')}
        actions={
          <Switch
            label={t('settings.startup.atLogin')}
            checked={startup.atLogin === 'on'}
            disabled={isUnavailable || change.isPending}
            onChange={(atLogin) => set({ atLogin })}
          />
        }
      />
      <CardRow
        title={t('settings.startup.onClose')}
        note={startup.canCloseToTray ? t('settings.startup.onCloseNote') : t('settings.startup.noTray')}
        actions={
          startup.canCloseToTray && (
            <Segmented<CloseChoice>
              label={t('settings.startup.onClose')}
              value={startup.onClose}
              onChange={(onClose) => set({ onClose })}
              segments={closeChoices.map((value) => ({ value, label: t(`settings.startup.closeChoices.${value}`) }))}
            />
          )
        }
      />
      <CardRow
        title={t('settings.startup.notifications')}
        note={t('settings.startup.notificationsNote')}
        actions={
          <Switch
            label={t('settings.startup.notifications')}
            checked={startup.notifications}
            disabled={change.isPending}
            onChange={(notifications) => set({ notifications })}
          />
        }
      />
    </Card>
  );
}
