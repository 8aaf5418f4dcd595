import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../ui/button.tsx';
import { Card, CardRow } from '../../ui/card.tsx';
import { LicencesDialog } from './licences-dialog.tsx';

/** What this program is made of. */
export function AboutCard() {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const { data } = useQuery({
    queryKey: ['appInfo'],
    queryFn: async () => (await window.native?.appInfo()) ?? null,
    enabled: window.native !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <Card title={t('about.title')}>
      <CardRow
        title={t('about.licence')}
        note={
          data ? t('about.parts', { electron: data.electron, chrome: data.chrome, node: data.node }) : t('about.note')
        }
        actions={
          <Button size="small" onClick={() => setOpen(true)}>
            {t('about.licences')}
          </Button>
        }
      />
      {isOpen && <LicencesDialog onClose={() => setOpen(false)} />}
    </Card>
  );
}
