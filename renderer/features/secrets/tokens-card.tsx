import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ApiTokenInfo } from '../../../server/contract/api-tokens.ts';
import { toApiError } from '../../api/api-error.ts';
import { answer, api } from '../../api/client.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useFormat } from '../../i18n/format.ts';
import { Button } from '../../ui/button.tsx';
import { Card, CardRow } from '../../ui/card.tsx';
import { Chip } from '../../ui/chip.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { showFault } from '../../ui/toast.tsx';
import { useNow } from '../../ui/use-now.ts';
import { careKeys, useTokens } from './care-queries.ts';
import { NewTokenDialog } from './new-token-dialog.tsx';

/** Named tokens of the agent API: made, seen in use, taken back one by one. */
export function TokensCard() {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const queries = useQueryClient();
  const { data, error, refetch } = useTokens();
  const [isMaking, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<ApiTokenInfo>();
  const now = useNow(30_000);
  const revoke = async () => {
    if (!revoking) return;
    try {
      await answer(api.tokens[':id'].$delete({ param: { id: revoking.id } }));
    } catch (fault) {
      showFault(faultText(fault));
      throw fault;
    } finally {
      await queries.invalidateQueries({ queryKey: careKeys.tokens });
    }
  };
  return (
    <Card
      title={t('secretCare.tokens.title')}
      aside={
        <span className="flex items-center gap-3">
          <span className="max-[760px]:hidden">{t('secretCare.tokens.note')}</span>
          <Button size="small" disabled={!data} onClick={() => setMaking(true)}>
            {t('secretCare.tokens.make')}
          </Button>
        </span>
      }
    >
      {error && !data && (
        <ErrorState message={faultText(error)} code={toApiError(error).code} onRetry={() => void refetch()} />
      )}
      {!data && !error && <SkeletonRows rows={2} />}
      {data?.tokens.length === 0 && <EmptyState isSlim>{t('secretCare.tokens.empty')}</EmptyState>}
      {data?.tokens.map((token) => (
        <TokenRow key={token.id} token={token} now={now} onRevoke={() => setRevoking(token)} />
      ))}
      <NewTokenDialog open={isMaking} onClose={() => setMaking(false)} />
      <ConfirmDialog
        open={revoking !== undefined}
        onClose={() => setRevoking(undefined)}
        title={t('secretCare.tokens.askTitle', { name: revoking?.name ?? '' })}
        body={t('secretCare.tokens.askBody')}
        choices={[{ label: t('secretCare.tokens.askConfirm'), onChoose: revoke }]}
      />
    </Card>
  );
}

function TokenRow({ token, now, onRevoke }: { token: ApiTokenInfo; now: number; onRevoke(): void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { name, scopes, tenantId, userId, createdAt, expiresAt, isExpired, lastUsedAt } = token;
  const when = (at: number) => format.relative(at, now);
  const past = (at: number) => when(Math.min(at, now));
  const note = [
    tenantId !== undefined &&
      (userId === undefined
        ? t('secretCare.tokens.forTenant', { tenant: tenantId })
        : t('secretCare.tokens.forUser', { tenant: tenantId, user: userId })),
    lastUsedAt === undefined ? t('secretCare.tokens.never') : t('secretCare.tokens.used', { when: past(lastUsedAt) }),
    t('secretCare.tokens.made', { when: past(createdAt) }),
    expiresAt !== undefined && !isExpired && t('secretCare.tokens.expires', { when: when(expiresAt) }),
  ];
  return (
    <CardRow
      title={name}
      note={note.filter(Boolean).join(' · ')}
      actions={
        <span className="flex flex-wrap items-center justify-end gap-2">
          {isExpired && expiresAt !== undefined ? (
            <Chip tone="warn" dot>
              {t('secretCare.tokens.expired', { when: past(expiresAt) })}
            </Chip>
          ) : (
            scopes.map((scope) => <Chip key={scope}>{t(`secretCare.tokens.scopes.${scope}`)}</Chip>)
          )}
          <Button size="small" look="danger" aria-label={t('secretCare.tokens.revokeOf', { name })} onClick={onRevoke}>
            {t('secretCare.tokens.revoke')}
          </Button>
        </span>
      }
    />
  );
}
