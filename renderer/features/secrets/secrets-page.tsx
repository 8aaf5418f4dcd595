import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { toApiError } from '../../api/api-error.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useSecrets } from '../../api/use-secrets.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Notice } from '../../ui/notice.tsx';
import { PageHead } from '../../ui/page-head.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { SecretGroups } from './secret-groups.tsx';
import { SetDialog } from './set-dialog.tsx';
import { UnlockVault } from './unlock-vault.tsx';

export default function SecretsPage() {
  const { t, i18n } = useTranslation();
  const faultText = useFaultText();
  const { data, error, refetch } = useSecrets();
  const [isAdding, setAdding] = useState(false);
  const vault = data?.vault;
  const isShut = vault?.state === 'locked' || vault?.state === 'damaged';
  return (
    <>
      <PageHead
        title={t('secrets.title')}
        sub={vault && t(`secrets.vault.${vault.backend}`)}
        actions={
          <Button look="primary" disabled={!data || isShut} onClick={() => setAdding(true)}>
            <IconPlus size={15} stroke={1.5} aria-hidden />
            {t('secrets.add')}
          </Button>
        }
      />
      {vault && (vault.state === 'locked' || vault.state === 'damaged') && (
        <Notice tone="bad">
          {t(`secrets.vault.${vault.state}`)}
          {vault.problem !== undefined && (
            <span className="block text-dim" lang={i18n.language === 'en' ? undefined : 'en'}>
              {vault.problem}
            </span>
          )}
          {vault.state === 'locked' && <UnlockVault needsPassphrase={vault.backend === 'passphrase'} />}
        </Notice>
      )}
      {error && !data && (
        <Card>
          <ErrorState message={faultText(error)} code={toApiError(error).code} onRetry={() => void refetch()} />
        </Card>
      )}
      {!data && !error && (
        <Card>
          <SkeletonRows rows={5} />
        </Card>
      )}
      {data && <SecretGroups secrets={data.secrets} isShut={isShut} />}
      <SetDialog open={isAdding} onClose={() => setAdding(false)} secret={undefined} />
    </>
  );
}
