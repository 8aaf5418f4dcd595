import { IconDots } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { toApiError } from '../../../api/api-error.ts';
import { answer, api } from '../../../api/client.ts';
import { useFaultText } from '../../../api/use-fault-text.ts';
import { useFormat } from '../../../i18n/format.ts';
import { cardClass } from '../../../ui/card.tsx';
import { ErrorState } from '../../../ui/error-state.tsx';
import { Menu } from '../../../ui/menu.tsx';
import { SkeletonRows } from '../../../ui/skeleton.tsx';
import { Cell, HeadCell, Row, Table } from '../../../ui/table.tsx';
import { showFault } from '../../../ui/toast.tsx';

const againMs = 3000;
const columns = ['pid', 'user', 'cpu', 'memory', 'age', 'command'] as const;

export function ProcessesTab({ id }: { id: string }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const format = useFormat();
  const { data, error, refetch } = useQuery({
    queryKey: ['processes', id],
    queryFn: () => answer(api.sandboxes[':id'].processes.$get({ param: { id } })),
    refetchInterval: againMs,
  });
  const end = async (pid: number, signal: 'SIGTERM' | 'SIGKILL') => {
    try {
      const param = { id, pid: String(pid) };
      const { isTold } = await answer(api.sandboxes[':id'].processes[':pid'].end.$post({ param, json: { signal } }));
      if (!isTold) showFault(t('sandboxes.detail.processes.notTold', { pid }));
      await refetch();
    } catch (fault) {
      showFault(faultText(fault));
    }
  };
  if (!data) {
    return (
      <div className={cardClass}>
        {error ? (
          <ErrorState message={faultText(error)} code={toApiError(error).code} onRetry={() => void refetch()} />
        ) : (
          <SkeletonRows />
        )}
      </div>
    );
  }
  return (
    <div className={cardClass}>
      <Table label={t('sandboxes.detail.processes.table')}>
        <thead>
          <tr>
            {columns.map((column) => (
              <HeadCell key={column} className={column === 'command' ? 'w-full' : 'text-right'}>
                {t(`sandboxes.detail.processes.${column}`)}
              </HeadCell>
            ))}
            <HeadCell>
              <span className="sr-only">{t('sandboxes.detail.processes.actions')}</span>
            </HeadCell>
          </tr>
        </thead>
        <tbody>
          {data.processes.map(({ pid, uid, cpuMs, memoryBytes, ageMs, command }) => (
            <Row key={pid}>
              <Cell className="mono text-right">{pid}</Cell>
              <Cell className="text-right">{uid}</Cell>
              <Cell className="text-right">{format.duration(cpuMs)}</Cell>
              <Cell className="text-right">{format.bytes(memoryBytes)}</Cell>
              <Cell className="text-right">{format.duration(ageMs)}</Cell>
              <Cell className="max-w-0">
                <span className="mono block truncate" title={command}>
                  {uid === 0 ? (
                    <span className="font-sans text-dim">{t('sandboxes.detail.processes.agent')}</span>
                  ) : (
                    command
                  )}
                </span>
              </Cell>
              <Cell className="pl-0">
                {uid !== 0 && (
                  <Menu
                    label={t('sandboxes.detail.processes.menu', { pid })}
                    trigger={<IconDots size={16} stroke={1.5} aria-hidden />}
                    actions={[
                      { label: t('sandboxes.detail.processes.end', { pid }), onSelect: () => void end(pid, 'SIGTERM') },
                      {
                        label: t('sandboxes.detail.processes.kill', { pid }),
                        danger: true,
                        onSelect: () => void end(pid, 'SIGKILL'),
                      },
                    ]}
                  />
                )}
              </Cell>
            </Row>
          ))}
        </tbody>
      </Table>
    </div>
  );
}
