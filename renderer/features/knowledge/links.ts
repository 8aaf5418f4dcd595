export function hrefOf(tenantId: string, kbId: string): string {
  const query = tenantId === 'default' ? '' : `?${new URLSearchParams({ tenant: tenantId })}`;
  return `/knowledge/${encodeURIComponent(kbId)}${query}`;
}

export function listHrefOf(tenantId: string): string {
  return tenantId === 'default' ? '/knowledge' : `/knowledge?${new URLSearchParams({ tenant: tenantId })}`;
}
