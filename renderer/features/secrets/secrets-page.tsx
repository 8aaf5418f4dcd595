import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { toApiError } from '../../api/api-error.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useSecrets } from '../../api/use-secrets.ts';
import { ServerText } from '../../i18n/server-text.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Notice } from '../../ui/notice.tsx';
import { PageHead } from '../../ui/page-head.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { useVault } from './care-queries.ts';
import { ImportDialog } from './import-dialog.tsx';
import { SecretGroups } from './secret-groups.tsx';
import { SetDialog } from './set-dialog.tsx';
import { SweepCard } from './sweep-card.tsx';
import { TokensCard } from './tokens-card.tsx';
import { UnlockVault } from './unlock-vault.tsx';
import { MoveVaultAway, VaultCard } from './vault-card.tsx';

export default function SecretsPage() {
  const { t, i18n } = useTranslation();
  const faultText = useFaultText();
  const { data, error, refetch } = useSecrets();
  const vaultReport = useVault();
  const [isAdding, setAdding] = useState(false);
  const [isImporting, setImporting] = useState(false);
  const vault = data?.vault;
  const isShut = vault?.state === 'locked' || vault?.state === 'damaged';
  return (
    <>
      <PageHead
        title={t('secrets.title')}
        sub={vault && t(`secrets.vault.${vault.backend}`)}
        actions={
          <>
            <Button disabled={!data || isShut} onClick={() => setImporting(true)}>
              {t('secretCare.import.open')}
            </Button>
            <Button look="primary" disabled={!data || isShut} onClick={() => setAdding(true)}>
              <IconPlus size={15} stroke={1.5} aria-hidden />
              {t('secrets.add')}
            </Button>
          </>
        }
      />
      {vault && (vault.state === 'locked' || vault.state === 'damaged') && (
        <Notice tone="bad">
          {t(`secrets.vault.${vault.state}`)}
          {vault.problem !== undefined && (
            <span className="block text-dim" lang={i18n.language === 'en' ? undefined : 'en'}>
              <ServerText>{vault.problem}</ServerText>
            </span>
          )}
          {vault.state === 'locked' && <UnlockVault needsPassphrase={vault.backend === 'passphrase'} />}
          <span className="mt-2 block">
            <MoveVaultAway />
          </span>
        </Notice>
      )}
      {vault?.backend === 'key_file' && vault.state === 'unlocked' && (
        <Notice tone="warn">{t('secretCare.vault.diskOnly')}</Notice>
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
      {data && (
        <div className="grid gap-3.5">
          <SecretGroups secrets={data.secrets} isShut={isShut} />
          <SweepCard secrets={data.secrets} />
          <TokensCard />
          {vaultReport.data && <VaultCard vault={vaultReport.data} />}
        </div>
      )}
      <ImportDialog open={isImporting} onClose={() => setImporting(false)} />
      <SetDialog open={isAdding} onClose={() => setAdding(false)} secret={undefined} />
    </>
  );
}
