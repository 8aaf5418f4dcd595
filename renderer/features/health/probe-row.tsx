import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../../i18n/format.ts';
import { useServerText } from '../../i18n/use-server-text.ts';
import { Chip } from '../../ui/chip.tsx';
import { FoldButton } from '../../ui/fold-button.tsx';
import { RowAction } from '../../ui/row-action.tsx';
import type { Tone } from '../../ui/state-dot.tsx';
import { lastGood, type Sample, type Verdict } from './health-history.ts';
import { HistoryStrip } from './history-strip.tsx';

const tones: Record<Verdict, Tone> = { ok: 'ok', warn: 'warn', fail: 'bad', unknown: 'warn', none: 'idle' };

interface Props {
  /** In the samples. */
  name: string;
  title: string;
  verdict: Verdict;
  isStale: boolean;
  durationMs: number | undefined;
  /** What is wrong, in the words of the server. */
  error?: string | undefined;
  /** What it means when this fails, or what to do now. */
  advice: string;
  action?: ReactNode;
  samples: readonly Sample[];
  now: number;
  /** What was asked and answered. */
  evidence: ReactNode;
}

export function ProbeRow(props: Props) {
  const { name, title, verdict, isStale, durationMs, error, advice, action, samples, now, evidence } = props;
  const serverText = useServerText();
  const { t } = useTranslation();
  const format = useFormat();
  const [isOpen, setOpen] = useState(false);
  const good = lastGood(samples, name);
  const wasGood = (verdict === 'fail' || verdict === 'unknown') && good !== undefined;
  return (
    <li className="border-line-soft border-b last:border-b-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3.5 py-[9px]">
        <FoldButton
          title={title}
          notes={[
            [
              error === undefined ? undefined : serverText(error),
              advice,
              wasGood && t('health.lastGood', { time: format.relative(good, now) }),
            ]
              .filter(Boolean)
              .join(' '),
          ]}
          isOpen={isOpen}
          onToggle={() => setOpen(!isOpen)}
          className="basis-56"
        />
        <HistoryStrip samples={samples} name={name} now={now} />
        <span className="tabular w-16 text-right text-dim text-small">
          {durationMs === undefined ? t('common.none') : format.duration(durationMs)}
        </span>
        <span className="flex w-28 justify-end">
          <Chip dot tone={isStale ? 'idle' : tones[verdict]}>
            {isStale
              ? t('health.stale', { verdict: t(`health.verdicts.${verdict}`) })
              : t(`health.verdicts.${verdict}`)}
          </Chip>
        </span>
        <RowAction className="min-w-15">{action}</RowAction>
      </div>
      {isOpen && <div className="border-line-soft border-t bg-code px-3.5 py-2.5">{evidence}</div>}
    </li>
  );
}
