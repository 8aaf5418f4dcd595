import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { toApiError } from '../api/api-error.ts';
import { answer, api } from '../api/client.ts';
import { useFaultText } from '../api/use-fault-text.ts';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { showFault } from '../ui/toast.tsx';

/** What could not be fetched from the agent API, and the way out: the server may just not run. */
export function AgentFault({ error, onRetry }: { error: unknown; onRetry(): void }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const [isStarting, setStarting] = useState(false);
  const { code } = toApiError(error);
  if (code !== 'server_not_running') return <ErrorState message={faultText(error)} code={code} onRetry={onRetry} />;
  const start = async () => {
    setStarting(true);
    try {
      await answer(api.server.start.$post({ json: {} }));
      onRetry();
    } catch (fault) {
      showFault(faultText(fault));
    } finally {
      setStarting(false);
    }
  };
  return (
    <EmptyState
      action={
        <Button size="small" disabled={isStarting} onClick={() => void start()}>
          {t('playground.startServer')}
        </Button>
      }
    >
      {t('common.serverDown')}
    </EmptyState>
  );
}
