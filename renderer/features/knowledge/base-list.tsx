import { IconBooks } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'wouter';
import { answer, api } from '../../api/client.ts';
import { useFormat } from '../../i18n/format.ts';
import { AgentFault } from '../../parts/agent-fault.tsx';
import { Button } from '../../ui/button.tsx';
import { cardClass } from '../../ui/card.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { PageHead } from '../../ui/page-head.tsx';
import { Select } from '../../ui/select.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { Cell, HeadCell, Row, Table } from '../../ui/table.tsx';
import { useNow } from '../../ui/use-now.ts';
import { hrefOf, listHrefOf } from './links.ts';
import { NewBaseDialog } from './new-base-dialog.tsx';
import { useBases } from './use-knowledge.ts';

export function BaseList({ tenantId }: { tenantId: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(30_000);
  const [, navigate] = useLocation();
  const [isMaking, setMaking] = useState(false);
  const { data, error, refetch } = useBases(tenantId);
  const bases = data?.knowledgeBases ?? [];
  return (
    <>
      <PageHead
        title={bases.length > 0 ? t('knowledge.titleCount', { count: bases.length }) : t('knowledge.title')}
        sub={t('knowledge.sub')}
        actions={
          <>
            <TenantSelect value={tenantId} onChange={(next) => navigate(listHrefOf(next))} />
            <Button look="primary" disabled={!data} onClick={() => setMaking(true)}>
              {t('knowledge.new')}
            </Button>
          </>
        }
      />
      <div className={cardClass}>
        {error && !data ? (
          <AgentFault error={error} onRetry={() => void refetch()} />
        ) : !data ? (
          <SkeletonRows />
        ) : bases.length === 0 ? (
          <EmptyState
            icon={<IconBooks size={24} stroke={1.5} aria-hidden />}
            action={
              <Button size="small" onClick={() => setMaking(true)}>
                {t('knowledge.new')}
              </Button>
            }
          >
            {t('knowledge.empty')}
          </EmptyState>
        ) : (
          <Table label={t('knowledge.title')}>
            <thead>
              <tr>
                <HeadCell className="w-full">{t('knowledge.columns.base')}</HeadCell>
                <HeadCell className="text-right">{t('knowledge.columns.documents')}</HeadCell>
                <HeadCell className="text-right">{t('knowledge.columns.size')}</HeadCell>
                <HeadCell>{t('knowledge.columns.changed')}</HeadCell>
              </tr>
            </thead>
            <tbody>
              {bases.map((base) => (
                <Row key={base.id}>
                  <Cell className="max-w-0">
                    <Link
                      href={hrefOf(tenantId, base.id)}
                      className="block w-fit max-w-full truncate rounded-[4px] font-medium hover:text-accent hover:underline"
                    >
                      {base.name}
                    </Link>
                    <span className="block truncate text-dim text-small">
                      <span className="mono">{base.id}</span>
                      {base.description !== '' && ` · ${base.description}`}
                    </span>
                  </Cell>
                  <Cell className="text-right">{format.number(base.documents)}</Cell>
                  <Cell className="text-right">{format.bytes(base.sizeBytes)}</Cell>
                  <Cell className="text-dim">{format.relative(Math.min(base.updatedAt, now), now)}</Cell>
                </Row>
              ))}
            </tbody>
          </Table>
        )}
      </div>
      <NewBaseDialog tenantId={tenantId} open={isMaking} onClose={() => setMaking(false)} />
    </>
  );
}

/** Shown once there is more than one to choose from. */
function TenantSelect({ value, onChange }: { value: string; onChange(tenantId: string): void }) {
  const { t } = useTranslation();
  const { data } = useQuery({ queryKey: ['data', 'sizes'], queryFn: () => answer(api.data.sizes.$get()) });
  const tenants = [...new Set([...(data?.tenants.map(({ tenantId }) => tenantId) ?? []), 'default', value])].sort();
  if (tenants.length < 2) return null;
  return (
    <Select
      label={t('sessions.tenant')}
      value={value}
      onChange={onChange}
      options={tenants.map((tenantId) => ({ value: tenantId, label: tenantId }))}
      className="!w-40"
    />
  );
}
