import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { WorkspaceChange } from '../../../server/contract/workspace-files.ts';
import { toApiError } from '../../api/api-error.ts';
import { answer, api } from '../../api/client.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useFormat } from '../../i18n/format.ts';
import { cardClass } from '../../ui/card.tsx';
import { Chip } from '../../ui/chip.tsx';
import { cn } from '../../ui/cn.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { ScrollBox } from '../../ui/scroll-box.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import type { WorkspaceOwner } from './file-links.ts';

const tones = { added: 'ok', changed: 'accent', removed: 'bad' } as const;

/** What the session did to its workspace, and each file's lines. */
export function ChangesView({ owner }: { owner: WorkspaceOwner }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const format = useFormat();
  const [chosen, setChosen] = useState<string>();
  const param = { tenantId: owner.tenantId, sessionId: owner.sessionId };
  const { data, error, refetch } = useQuery({
    queryKey: ['workspace', owner.tenantId, owner.sessionId, 'changes'],
    queryFn: () => answer(api.workspaces[':tenantId'][':sessionId'].changes.$get({ param })),
  });
  if (error || !data) {
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
  const files = data.changes.filter(({ type }) => type !== 'directory');
  if (data.since === undefined || files.length === 0) {
    return (
      <div className={cardClass}>
        <EmptyState>
          {t(data.since === undefined ? 'sandboxes.tools.files.noStart' : 'sandboxes.tools.files.noChanges')}
        </EmptyState>
      </div>
    );
  }
  return (
    <>
      <p className="mb-2 text-dim">
        {t('sandboxes.tools.files.since', { at: format.dateTime(data.since) })}
        {!data.isWhole && ` · ${t('sandboxes.tools.files.notWhole')}`}
      </p>
      <div className="grid gap-3.5 roomy:grid-cols-[minmax(0,2fr)_minmax(0,3fr)]">
        <ul className={cn(cardClass, 'self-start overflow-hidden')} aria-label={t('sandboxes.tools.files.changes')}>
          {files.map((each) => (
            <ChangeRow
              key={each.path}
              change={each}
              isChosen={each.path === chosen}
              onChoose={() => setChosen(each.path)}
            />
          ))}
        </ul>
        <div className={cn(cardClass, 'min-w-0 self-start')}>
          {chosen === undefined ? (
            <EmptyState>{t('sandboxes.tools.files.pick')}</EmptyState>
          ) : (
            <Difference owner={owner} path={chosen} />
          )}
        </div>
      </div>
    </>
  );
}

function ChangeRow({ change, isChosen, onChoose }: { change: WorkspaceChange; isChosen: boolean; onChoose(): void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const size = change.sizeBytes ?? change.beforeBytes;
  return (
    <li className="border-line-soft border-b last:border-b-0">
      <button
        type="button"
        aria-current={isChosen}
        onClick={onChoose}
        className={cn(
          'flex w-full items-center gap-2 px-3 py-2 text-left',
          isChosen ? 'bg-accent-bg' : 'hover:bg-hover',
        )}
      >
        <Chip tone={tones[change.change]}>{t(`sandboxes.tools.files.change.${change.change}`)}</Chip>
        <span className="mono min-w-0 flex-1 truncate">{change.path}</span>
        <span className="tabular text-dim text-small">{size === undefined ? '' : format.bytes(size)}</span>
      </button>
    </li>
  );
}

const lineLooks: Record<string, string> = { '+': 'bg-ok-bg text-ok', '-': 'bg-bad-bg text-bad', '@': 'text-dim' };

function Difference({ owner, path }: { owner: WorkspaceOwner; path: string }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const param = { tenantId: owner.tenantId, sessionId: owner.sessionId };
  const { data, error, refetch } = useQuery({
    queryKey: ['workspace', owner.tenantId, owner.sessionId, 'difference', path],
    queryFn: () => answer(api.workspaces[':tenantId'][':sessionId'].difference.$get({ param, query: { path } })),
  });
  if (error)
    return <ErrorState message={faultText(error)} code={toApiError(error).code} onRetry={() => void refetch()} />;
  if (!data) return <SkeletonRows rows={2} />;
  if (data.patch === undefined)
    return <EmptyState>{t(`sandboxes.tools.files.reasons.${data.reason ?? 'not_kept'}`)}</EmptyState>;
  // The first two lines name the files, which the list does already.
  const lines = data.patch
    .trimEnd()
    .split('\n')
    .filter((line) => !/^(Index: |={10}|--- |\+\+\+ )/.test(line));
  return (
    <ScrollBox
      label={t('sandboxes.tools.files.difference', { path })}
      className="max-h-[65vh] overflow-auto rounded-[10px]"
    >
      <pre className="mono w-fit min-w-full py-2">
        {lines.map((line, number) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines of one text, which never move.
          <span key={number} className={cn('block min-h-5 px-3.5', lineLooks[line[0] ?? ''])}>
            {line}
          </span>
        ))}
      </pre>
    </ScrollBox>
  );
}
