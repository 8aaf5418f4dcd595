import { IconPlus, IconX } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { TerminalInfo } from '../../../../server/contract/terminal.ts';
import { toApiError } from '../../../api/api-error.ts';
import { answer, api } from '../../../api/client.ts';
import { useFaultText } from '../../../api/use-fault-text.ts';
import { Button } from '../../../ui/button.tsx';
import { cardClass } from '../../../ui/card.tsx';
import { cn } from '../../../ui/cn.ts';
import { EmptyState } from '../../../ui/empty-state.tsx';
import { ErrorState } from '../../../ui/error-state.tsx';
import { Menu } from '../../../ui/menu.tsx';
import { SkeletonRows } from '../../../ui/skeleton.tsx';
import { showFault } from '../../../ui/toast.tsx';
import { createTerminalLink } from './terminal-link.ts';
import { TerminalScreen } from './terminal-screen.tsx';

const firstSize = { cols: 100, rows: 30 };
const shellName = (path: string) => path.slice(path.lastIndexOf('/') + 1);

/** The terminals of one sandbox. They are the server's: this page only looks at them. */
export default function TerminalTab({ sandboxId }: { sandboxId: string }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const queries = useQueryClient();
  const queryKey = ['terminals', sandboxId];
  const param = { id: sandboxId };
  const known = useQuery({
    queryKey,
    queryFn: () => answer(api.sandboxes[':id'].terminals.$get({ param })),
    refetchOnMount: 'always',
  });
  const shells = useQuery({
    queryKey: ['shells', sandboxId],
    queryFn: () => answer(api.sandboxes[':id'].shells.$get({ param })),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [chosen, setChosen] = useState<string>();
  const [isUp, setUp] = useState(true);
  const link = useMemo(() => createTerminalLink(setUp), []);
  useEffect(() => () => link.close(), [link]);
  const terminals = known.data?.terminals ?? [];
  const current = terminals.find(({ id }) => id === chosen) ?? terminals.at(-1);

  const open = async (shell?: string) => {
    try {
      const json = { ...firstSize, ...(shell !== undefined && { shell }) };
      const { terminal } = await answer(api.sandboxes[':id'].terminals.$post({ param, json }));
      await queries.invalidateQueries({ queryKey });
      setChosen(terminal.id);
    } catch (error) {
      showFault(faultText(error));
    }
  };
  const close = async ({ id }: TerminalInfo) => {
    try {
      await answer(api.terminals[':id'].$delete({ param: { id } }));
      await queries.invalidateQueries({ queryKey });
    } catch (error) {
      showFault(faultText(error));
    }
  };

  if (known.error) {
    const { code } = toApiError(known.error);
    return (
      <div className={cardClass}>
        <ErrorState message={faultText(known.error)} code={code} onRetry={() => void known.refetch()} />
      </div>
    );
  }
  // How much of the output is old is asked anew each time.
  if (!known.data || !known.isFetchedAfterMount) {
    return (
      <div className={cardClass}>
        <SkeletonRows />
      </div>
    );
  }
  const newButton = (
    <Button size="small" look={terminals.length === 0 ? 'primary' : 'plain'} onClick={() => void open()}>
      <IconPlus size={15} stroke={1.5} aria-hidden />
      {t('sandboxes.tools.terminal.open')}
    </Button>
  );
  if (!current) {
    return (
      <div className={cardClass}>
        <EmptyState action={newButton}>{t('sandboxes.tools.terminal.none')}</EmptyState>
      </div>
    );
  }
  return (
    <div className={cn(cardClass, 'flex min-h-80 flex-1 flex-col overflow-hidden')}>
      <div className="flex flex-wrap items-center gap-1 border-line-soft border-b px-2 py-1.5">
        <ul aria-label={t('sandboxes.tools.terminal.label')} className="flex min-w-0 flex-wrap gap-1">
          {terminals.map((terminal, index) => {
            const name = t('sandboxes.tools.terminal.name', { shell: shellName(terminal.shell), number: index + 1 });
            return (
              <li key={terminal.id} className="flex items-center">
                <Button
                  size="small"
                  look={terminal.id === current.id ? 'plain' : 'quiet'}
                  aria-current={terminal.id === current.id}
                  onClick={() => setChosen(terminal.id)}
                >
                  {name}
                </Button>
                <Button
                  size="iconSmall"
                  look="quiet"
                  aria-label={t('sandboxes.tools.terminal.close', { name })}
                  onClick={() => void close(terminal)}
                >
                  <IconX size={14} stroke={1.5} aria-hidden />
                </Button>
              </li>
            );
          })}
        </ul>
        <span className="ml-auto flex gap-1">
          {newButton}
          {(shells.data?.shells.length ?? 0) > 1 && (
            <Menu
              label={t('sandboxes.tools.terminal.openWith')}
              trigger="▾"
              actions={(shells.data?.shells ?? []).map((shell) => ({ label: shell, onSelect: () => void open(shell) }))}
            />
          )}
        </span>
      </div>
      <TerminalScreen key={current.id} terminal={current} link={link} isUp={isUp} />
    </div>
  );
}
