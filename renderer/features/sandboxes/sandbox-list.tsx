import { IconBox } from '@tabler/icons-react';
import { useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import type { SandboxInfo } from '../../../server/contract/sandbox.ts';
import { useKnown } from '../../api/live-context.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { cardClass } from '../../ui/card.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { FilterInput } from '../../ui/field.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import { DestroyDialog } from './destroy-dialog.tsx';
import { isIn, matches, type Segment, segments } from './sandbox-filter.ts';
import { SandboxTable } from './sandbox-table.tsx';

export function SandboxList({ sandboxes }: { sandboxes: readonly SandboxInfo[] }) {
  const { t } = useTranslation();
  const [segment, setSegment] = useState<Segment>('all');
  const [text, setText] = useState('');
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  const [doomed, setDoomed] = useState<readonly SandboxInfo[]>([]);
  const destroy = useCallback((sandbox: SandboxInfo) => setDoomed([sandbox]), []);
  const runs = useKnown((live) => live.runs);
  const titleOf = (sandbox: SandboxInfo) => runs.find(({ sessionId }) => sessionId === sandbox.sessionId)?.title ?? '';
  const shown = sandboxes.filter((each) => isIn(each, segment) && matches(each, titleOf(each), text.trim()));
  // Only what is seen can be acted on.
  const selected = shown.filter(({ id }) => ticked.has(id));
  if (sandboxes.length === 0) return <NoSandboxes />;
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        {selected.length > 0 ? (
          <>
            <span className="tabular font-medium">{t('sandboxes.selected', { count: selected.length })}</span>
            <Button look="danger" onClick={() => setDoomed(selected)}>
              {t('sandboxes.destroySelected', { count: selected.length })}
            </Button>
            <Button look="quiet" onClick={() => setTicked(new Set())}>
              {t('sandboxes.clearSelection')}
            </Button>
          </>
        ) : (
          <>
            <Segmented<Segment>
              label={t('sandboxes.show')}
              value={segment}
              onChange={setSegment}
              segments={segments.map((each) => ({
                value: each,
                label: t(`sandboxes.segments.${each}`),
                count: sandboxes.filter((sandbox) => isIn(sandbox, each)).length,
              }))}
            />
            <FilterInput label={t('sandboxes.filter')} value={text} onChange={(event) => setText(event.target.value)} />
          </>
        )}
      </div>
      <div className={cardClass}>
        {shown.length === 0 ? (
          <EmptyState
            action={
              <Button
                size="small"
                onClick={() => {
                  setSegment('all');
                  setText('');
                }}
              >
                {t('sandboxes.showAll')}
              </Button>
            }
          >
            {t('sandboxes.noMatch')}
          </EmptyState>
        ) : (
          <SandboxTable sandboxes={shown} titleOf={titleOf} ticked={ticked} onTick={setTicked} onDestroy={destroy} />
        )}
      </div>
      <DestroyDialog
        sandboxes={doomed}
        titleOf={titleOf}
        onClose={() => setDoomed([])}
        onDestroyed={() => setTicked(new Set())}
      />
    </>
  );
}

function NoSandboxes() {
  const { t } = useTranslation();
  return (
    <div className={cardClass}>
      <EmptyState
        icon={<IconBox size={24} stroke={1.5} aria-hidden />}
        action={
          <Link href="/playground" className={buttonClass({ size: 'small' })}>
            {t('sandboxes.openPlayground')}
          </Link>
        }
      >
        {t('sandboxes.empty')}
      </EmptyState>
    </div>
  );
}
