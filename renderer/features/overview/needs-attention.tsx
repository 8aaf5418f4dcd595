import { IconCircleCheck } from '@tabler/icons-react';
import i18next from 'i18next';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import type { ProblemCode } from '../../../server/console/api.ts';
import type { Problem } from '../../../server/contract/console-events.ts';
import type { EngineState } from '../../../server/contract/sandbox.ts';
import { useKnown } from '../../api/live-context.ts';
import { useEngineProblem } from '../../api/use-engine-problem.ts';
import { useFormat } from '../../i18n/format.ts';
import { useServerText } from '../../i18n/use-server-text.ts';
import { buttonClass } from '../../ui/button.tsx';
import { Card, CardRow } from '../../ui/card.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { StateDot } from '../../ui/state-dot.tsx';

export function NeedsAttention() {
  const { t } = useTranslation();
  const problems = useKnown((live) => live.problems);
  return (
    <Card title={t('overview.attention.title')} aside={problems.length > 0 ? problems.length : undefined}>
      {problems.length === 0 ? (
        <EmptyState isSlim icon={<IconCircleCheck size={16} stroke={1.5} aria-hidden />}>
          {t('overview.attention.empty')}
        </EmptyState>
      ) : (
        problems.map((problem) => <ProblemRow key={keyOf(problem)} problem={problem} />)
      )}
    </Card>
  );
}

function keyOf({ code, params }: Problem): string {
  return `${code} ${Object.values(params).join(' ')}`;
}

/** What is wrong on this very page is mended by its buttons; the log tells more. */
function hrefOf({ code, page }: Problem): string | undefined {
  if (code === 'server_failed') return '/logs';
  return page === 'overview' ? undefined : `/${page}`;
}

function ProblemRow({ problem }: { problem: Problem }) {
  const { t } = useTranslation();
  const format = useFormat();
  const engineProblem = useEngineProblem();
  const serverText = useServerText();
  const code = (i18next.exists(`problems.${problem.code}.title`) ? problem.code : 'unknown') as ProblemCode | 'unknown';
  const { params } = problem;
  const words = {
    ...params,
    code: problem.code,
    ...(params.message !== undefined && { message: serverText(String(params.message)) }),
    ...(params.problem !== undefined && { problem: serverText(String(params.problem)) }),
    ...(params.freeBytes !== undefined && { free: format.bytes(Number(params.freeBytes)) }),
    ...(code === 'engine_not_connected' && {
      problem: engineProblem((params.state ?? 'unknown') as EngineState, params.problem),
    }),
  };
  const href = hrefOf(problem);
  return (
    <CardRow
      lead={<StateDot tone={problem.severity} className="self-start mt-[7px]" />}
      title={t(`problems.${code}.title` as 'problems.unknown.title', words)}
      note={t(`problems.${code}.note` as 'problems.unknown.note', words)}
      actions={
        href !== undefined && (
          <Link href={href} className={buttonClass({ size: 'small' })}>
            {t(`problems.${code}.action`)}
          </Link>
        )
      }
    />
  );
}
