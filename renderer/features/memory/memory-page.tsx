import { IconUserHeart } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useRoute } from 'wouter';
import type { Owner } from '../../../server/contract/ids.ts';
import { toApiError } from '../../api/api-error.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { Card, cardClass } from '../../ui/card.tsx';
import { cn } from '../../ui/cn.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { FilterInput } from '../../ui/field.tsx';
import { PageHead } from '../../ui/page-head.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { MemoryCard } from './memory-card.tsx';
import { useMemoryUsers } from './use-memory.ts';

const nameOf = ({ tenantId, userId }: Owner) => (tenantId === 'default' ? userId : `${tenantId} / ${userId}`);
const manyUsers = 8;

/** The users at the left, what is remembered of one of them at the right. */
export default function MemoryPage() {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const [, params] = useRoute('/memory/:tenantId/:userId');
  const { data, error, refetch } = useMemoryUsers();
  const [filter, setFilter] = useState('');
  const users = data?.users ?? [];
  const current = params ? { tenantId: params.tenantId, userId: params.userId } : users[0];
  const wanted = filter.trim().toLowerCase();
  const shown = users.filter((user) => nameOf(user).toLowerCase().includes(wanted));
  return (
    <>
      <PageHead title={t('memory.title')} sub={t('memory.sub')} />
      {!current ? (
        <Card>
          {error ? (
            <ErrorState message={faultText(error)} code={toApiError(error).code} onRetry={() => void refetch()} />
          ) : data ? (
            <EmptyState icon={<IconUserHeart size={24} stroke={1.5} aria-hidden />}>{t('memory.empty')}</EmptyState>
          ) : (
            <SkeletonRows />
          )}
        </Card>
      ) : (
        <div className="grid items-start gap-3.5 wide:grid-cols-[212px_minmax(0,1fr)]">
          <nav aria-label={t('memory.users')} className={cn(cardClass, 'max-h-[70vh] overflow-y-auto p-1.5')}>
            {users.length > manyUsers && (
              <FilterInput
                label={t('memory.filter')}
                value={filter}
                onChange={(event) => setFilter(event.target.value)}
                className="mb-1 w-full"
              />
            )}
            <ul className="max-wide:flex max-wide:flex-wrap">
              {shown.map((user) => {
                const isCurrent = user.tenantId === current.tenantId && user.userId === current.userId;
                return (
                  <li key={`${user.tenantId}/${user.userId}`} className="min-w-0">
                    <Link
                      href={`/memory/${user.tenantId}/${user.userId}`}
                      aria-current={isCurrent ? 'page' : undefined}
                      className={cn(
                        'block truncate rounded-[6px] px-2 py-1.5',
                        isCurrent ? 'bg-accent-bg font-medium text-accent' : 'hover:bg-hover',
                      )}
                    >
                      {nameOf(user)}
                    </Link>
                  </li>
                );
              })}
            </ul>
            {shown.length === 0 && <p className="px-2 py-1.5 text-dim text-small">{t('memory.noMatch')}</p>}
          </nav>
          <MemoryCard key={`${current.tenantId}/${current.userId}`} owner={current} name={nameOf(current)} />
        </div>
      )}
    </>
  );
}
