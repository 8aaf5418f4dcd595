import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { McpServerInfo } from '../../../server/contract/mcp.ts';
import { useFormat } from '../../i18n/format.ts';
import { useNow } from '../../ui/use-now.ts';

/** What a server says it is, its tools, and the end of what it wrote. The words of the server are shown as text. */
export function McpDetails({ server }: { server: McpServerInfo }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(1000, server.nextTryAt !== undefined);
  const isWaiting = server.nextTryAt !== undefined && server.nextTryAt > now;
  return (
    <div className="mt-2 grid gap-2.5 rounded-[7px] bg-sunk px-3 py-2.5 text-small">
      {server.product !== undefined && <p>{t('mcp.product', { product: server.product })}</p>}
      {isWaiting && <p>{t('mcp.nextTry', { when: format.relative(server.nextTryAt ?? now, now) })}</p>}
      {server.tools.length > 0 && (
        <Group title={t('mcp.tools')}>
          {server.tools.map(({ name, description }) => (
            <li key={name} className="[overflow-wrap:anywhere]">
              <span className="mono">{name}</span>
              <span className="line-clamp-2 text-dim">{description}</span>
            </li>
          ))}
        </Group>
      )}
      {server.refused.length > 0 && (
        <Group title={t('mcp.refused')}>
          {server.refused.map(({ ownName, reason }) => (
            <li key={`${ownName} ${reason}`} className="[overflow-wrap:anywhere]">
              <span className="mono">{ownName}</span> <span className="text-dim">{reason}</span>
            </li>
          ))}
        </Group>
      )}
      {server.lastLines.length > 0 && (
        <div>
          <h3 className="font-medium">{t('mcp.lastLines')}</h3>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
          <section aria-label={t('mcp.lastLines')} tabIndex={0} className="max-h-40 overflow-auto">
            <pre className="mono whitespace-pre-wrap text-dim [overflow-wrap:anywhere]">
              {server.lastLines.join('\n')}
            </pre>
          </section>
        </div>
      )}
      {server.tools.length === 0 && server.lastLines.length === 0 && <p className="text-dim">{t('mcp.nothingYet')}</p>}
    </div>
  );
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div>
      <h3 className="font-medium">{title}</h3>
      <ul className="grid gap-1">{children}</ul>
    </div>
  );
}
