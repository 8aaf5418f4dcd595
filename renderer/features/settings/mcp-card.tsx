import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { toApiError } from '../../api/api-error.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { McpAddDialog } from './mcp-add-dialog.tsx';
import { McpRow } from './mcp-row.tsx';
import { useMcpServers } from './use-mcp.ts';

/** Programs of others that bring tools along: how they are, and their entries in the file. */
export function McpCard() {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const { data, error, refetch } = useMcpServers();
  const [isAdding, setAdding] = useState(false);
  return (
    <Card
      title={t('mcp.title')}
      aside={
        <Button size="small" onClick={() => setAdding(true)}>
          {t('mcp.add')}
        </Button>
      }
    >
      {!data && !error && <SkeletonRows rows={2} />}
      {!data && error && (
        <ErrorState message={faultText(error)} code={toApiError(error).code} onRetry={() => void refetch()} />
      )}
      {data?.servers.length === 0 && <p className="px-3.5 py-3 text-dim">{t('mcp.none')}</p>}
      <ul>
        {data?.servers.map((server) => (
          <McpRow key={server.name} server={server} />
        ))}
      </ul>
      <McpAddDialog open={isAdding} onClose={() => setAdding(false)} />
    </Card>
  );
}
