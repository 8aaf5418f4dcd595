import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { buttonClass } from '../../ui/button.tsx';
import { Card, CardRow } from '../../ui/card.tsx';

/** What leaves this machine by itself, and the way back to the first run. */
export function PrivacyCard() {
  const { t } = useTranslation();
  return (
    <Card title={t('settings.sectionNames.privacy')}>
      <CardRow title={t('settings.telemetry')} note={t('settings.telemetryNote')} />
      <CardRow
        title={t('settings.firstRun')}
        note={t('settings.firstRunNote')}
        actions={
          <Link href="/first-run" className={buttonClass({ size: 'small' })}>
            {t('settings.firstRunOpen')}
          </Link>
        }
      />
    </Card>
  );
}
