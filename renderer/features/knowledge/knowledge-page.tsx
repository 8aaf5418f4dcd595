import { useRoute, useSearchParams } from 'wouter';
import { BaseDetail } from './base-detail.tsx';
import { BaseList } from './base-list.tsx';

/** The bases of a tenant, and one of them in their place. The tenant is part of the address. */
export default function KnowledgePage() {
  const [isDetail, params] = useRoute('/knowledge/:kbId');
  const [search] = useSearchParams();
  const tenantId = search.get('tenant') ?? 'default';
  if (isDetail && params) return <BaseDetail key={`${tenantId}/${params.kbId}`} place={{ tenantId, ...params }} />;
  return <BaseList tenantId={tenantId} />;
}
