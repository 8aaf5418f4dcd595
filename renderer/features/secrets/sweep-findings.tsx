import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { LeakFinding, LeakSweepReport } from '../../../server/contract/leak-sweep.ts';
import { Button } from '../../ui/button.tsx';
import { Checkbox } from '../../ui/checkbox.tsx';
import { Chip } from '../../ui/chip.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import type { Tone } from '../../ui/state-dot.tsx';
import { Cell, HeadCell, Row, Table } from '../../ui/table.tsx';
import { FindingRemedy } from './finding-remedy.tsx';

/** So many rows are shown until a person asks for all. */
const shownAtFirst = 50;

interface Props {
  report: LeakSweepReport;
  isBusy: boolean;
  onScrub(findings: readonly LeakFinding[]): void;
  onRotate(finding: LeakFinding): void;
  /** The file that held it was removed. */
  onGone(finding: LeakFinding): Promise<void>;
}

export function SweepFindings({ report: { findings }, isBusy, onScrub, onRotate, onGone }: Props) {
  const { t } = useTranslation();
  const [view, setView] = useState<'open' | 'all'>('open');
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  const [isWhole, setWhole] = useState(false);
  const open = findings.filter(({ state }) => state === 'open');
  const inView = view === 'open' ? open : findings;
  const shown = isWhole ? inView : inView.slice(0, shownAtFirst);
  const scrubbable = open.filter(({ remedy }) => remedy === 'scrub');
  const chosen = scrubbable.filter(({ id }) => ticked.has(id));
  const tick = (id: string, isOn: boolean) => {
    const next = new Set(ticked);
    if (isOn) next.add(id);
    else next.delete(id);
    setTicked(next);
  };
  return (
    <>
      <div className="flex flex-wrap items-center gap-2.5 border-line-soft border-t px-3.5 py-2">
        <Segmented<'open' | 'all'>
          label={t('secretCare.sweep.filter')}
          value={view}
          onChange={setView}
          segments={[
            { value: 'open', label: t('secretCare.sweep.open'), count: open.length },
            { value: 'all', label: t('secretCare.sweep.all'), count: findings.length },
          ]}
        />
        {chosen.length > 0 && (
          <Button size="small" look="danger" className="ml-auto" disabled={isBusy} onClick={() => onScrub(chosen)}>
            {t('secretCare.sweep.scrub', { count: chosen.length })}
          </Button>
        )}
      </div>
      {shown.length > 0 && (
        <Table label={t('secretCare.sweep.filter')}>
          <thead>
            <tr>
              <HeadCell className="w-10">
                <Checkbox
                  label={t('secretCare.sweep.choose')}
                  checked={chosen.length > 0 && chosen.length === scrubbable.length}
                  indeterminate={chosen.length > 0 && chosen.length < scrubbable.length}
                  onChange={(isOn) => setTicked(new Set(isOn ? scrubbable.map(({ id }) => id) : []))}
                />
              </HeadCell>
              {(['secret', 'where', 'place', 'state'] as const).map((column) => (
                <HeadCell key={column}>{t(`secretCare.sweep.column.${column}`)}</HeadCell>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((finding) => (
              <Row key={finding.id} selected={ticked.has(finding.id) && finding.state === 'open'}>
                <Cell>
                  {finding.remedy === 'scrub' && finding.state === 'open' && (
                    <Checkbox
                      label={t('secretCare.sweep.chooseOne', { name: finding.name, place: finding.place })}
                      checked={ticked.has(finding.id)}
                      onChange={(isOn) => tick(finding.id, isOn)}
                    />
                  )}
                </Cell>
                <Cell>
                  <span className="mono">{finding.name}</span>
                  {(finding.isToken || !finding.isInForce) && (
                    <span className="block text-dim text-small">
                      {t(finding.isToken ? 'secretCare.sweep.token' : 'secretCare.sweep.earlier')}
                    </span>
                  )}
                </Cell>
                <Cell>{t(`secretCare.sweep.kinds.${finding.kind}`)}</Cell>
                <Cell className="min-w-60 whitespace-normal py-1.5">
                  <Place finding={finding} />
                </Cell>
                <Cell>
                  <span className="flex items-center gap-2">
                    <Chip dot tone={tones[finding.state]}>
                      {t(`secretCare.sweep.states.${finding.state}`)}
                    </Chip>
                    {finding.state === 'open' && (
                      <FindingRemedy
                        finding={finding}
                        isBusy={isBusy}
                        onRotate={() => onRotate(finding)}
                        onGone={() => onGone(finding)}
                      />
                    )}
                  </span>
                </Cell>
              </Row>
            ))}
          </tbody>
        </Table>
      )}
      {shown.length < inView.length && (
        <div className="border-line-soft border-t px-3.5 py-2">
          <Button size="small" look="quiet" onClick={() => setWhole(true)}>
            {t('secretCare.sweep.show')}
          </Button>
        </div>
      )}
    </>
  );
}

const tones: Record<LeakFinding['state'], Tone> = { open: 'bad', scrubbed: 'ok', rotated: 'ok' };

function Place({ finding: { place, inside, at, count, remedy, state } }: { finding: LeakFinding }) {
  const { t } = useTranslation();
  const [first] = at;
  const remarks = [
    first && t('secretCare.sweep.line', { line: first.line }),
    count > 1 && t('secretCare.sweep.times', { count }),
    first && !first.isPlain && t('secretCare.sweep.encoded'),
    state === 'open' && remedy === 'move_to_vault' && t('secretCare.sweep.toVault'),
    state === 'open' && remedy === 'edit_file' && t('secretCare.sweep.editFile'),
  ];
  return (
    <>
      <span className="mono block [overflow-wrap:anywhere]">
        {place}
        {inside !== undefined && <span className="text-dim"> › {inside}</span>}
      </span>
      <span className="block text-dim text-small">{remarks.filter(Boolean).join(' · ')}</span>
    </>
  );
}
