import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { cliCommands } from '../../../server/contract/cli-commands.ts';
import type { IntegrityFinding, QuarantineReport } from '../../../server/contract/doctor.ts';
import { answer, api } from '../../api/client.ts';
import { useCommandText } from '../../api/use-command-text.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useFormat } from '../../i18n/format.ts';
import { AsCommand } from '../../ui/as-command.tsx';
import { Button } from '../../ui/button.tsx';
import { Card, CardRow } from '../../ui/card.tsx';
import { Checkbox } from '../../ui/checkbox.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Cell, HeadCell, Row, Table } from '../../ui/table.tsx';
import { showFault } from '../../ui/toast.tsx';
import { dataKeys, useQuarantines } from './queries.ts';
import type { Work } from './use-work.ts';
import { WorkLine } from './work-line.tsx';

/** Of findings, so many are shown; a person takes these away and looks again. */
const mostShown = 200;

type Totals = { sessions: number; lines: number; findings: number };

/** Looks through all that is kept, line by line, and takes damage out of the way. */
export function IntegrityCard({ work }: { work: Work }) {
  const { t } = useTranslation();
  const commandText = useCommandText();
  const format = useFormat();
  const faultText = useFaultText();
  const client = useQueryClient();
  const quarantines = useQuarantines();
  const [found, setFound] = useState<IntegrityFinding[]>([]);
  const [totals, setTotals] = useState<Totals>();
  const [ticked, setTicked] = useState<ReadonlySet<IntegrityFinding>>(new Set());
  const [isAsking, setAsking] = useState(false);
  const isBusy = work.kind !== undefined;
  const takable = found.filter(({ canQuarantine }) => canQuarantine);

  /** The command takes all there is, which is more than what is ticked or shown otherwise. */
  const takesAll = ticked.size === takable.length && found.length < mostShown;

  async function scan() {
    setFound([]);
    setTotals(undefined);
    setTicked(new Set());
    const add = (event: object) => {
      const { finding } = event as { finding: IntegrityFinding };
      setFound((before) => (before.length < mostShown ? [...before, finding] : before));
    };
    setTotals(await work.run<Totals>('scan', '/data/integrity', undefined, add));
  }

  async function takeAway() {
    try {
      const report = await answer(api.data.quarantine.$post({ json: { findings: [...ticked] } }));
      tellLeft(report);
      await client.invalidateQueries({ queryKey: dataKeys.quarantine });
      void scan();
    } catch (fault) {
      showFault(t('data.integrity.failed'), faultText(fault));
      throw fault;
    }
  }

  async function putBack(id: string) {
    try {
      tellLeft(await answer(api.data.quarantine[':id']['put-back'].$post({ param: { id } })));
    } catch (fault) {
      showFault(t('data.integrity.failed'), faultText(fault));
    }
    await client.invalidateQueries({ queryKey: dataKeys.quarantine });
  }

  function tellLeft({ left }: QuarantineReport) {
    if (left.length === 0) return;
    showFault(
      t('data.integrity.left', { count: left.length }),
      left.map(({ path, reason }) => `${path}: ${reason}`)[0],
    );
  }

  function tick(finding: IntegrityFinding, isOn: boolean) {
    setTicked((before) => {
      const next = new Set(before);
      if (isOn) next.add(finding);
      else next.delete(finding);
      return next;
    });
  }

  return (
    <Card
      title={t('data.integrity.title')}
      aside={
        <span className="flex gap-2">
          {ticked.size > 0 && (
            <Button size="small" look="danger" disabled={isBusy} onClick={() => setAsking(true)}>
              {t('data.integrity.take', { count: ticked.size })}
            </Button>
          )}
          <Button size="small" disabled={isBusy} onClick={() => void scan()}>
            {t('data.integrity.look')}
          </Button>
        </span>
      }
    >
      <WorkLine work={work} kinds={['scan']} />
      {totals ? (
        <div className="px-3.5 pt-3 pb-3">
          <Notice tone={totals.findings === 0 ? 'accent' : 'warn'} className="mb-0">
            {t('data.integrity.seen', {
              sessions: format.number(totals.sessions),
              lines: format.number(totals.lines),
              findings: format.number(totals.findings),
            })}
          </Notice>
        </div>
      ) : (
        found.length === 0 && work.kind !== 'scan' && <p className="px-3.5 py-3 text-dim">{t('data.integrity.note')}</p>
      )}
      {found.length > 0 && (
        <Table label={t('data.integrity.title')}>
          <thead>
            <tr>
              <HeadCell className="w-10">
                <Checkbox
                  label={t('data.integrity.all')}
                  checked={ticked.size > 0 && ticked.size === takable.length}
                  indeterminate={ticked.size > 0 && ticked.size < takable.length}
                  onChange={(isOn) => setTicked(new Set(isOn ? takable : []))}
                />
              </HeadCell>
              <HeadCell>{t('data.integrity.kind')}</HeadCell>
              <HeadCell>{t('data.integrity.place')}</HeadCell>
            </tr>
          </thead>
          <tbody>
            {found.map((finding) => {
              const place = `${finding.path}${finding.line === undefined ? '' : `:${finding.line}`}`;
              return (
                <Row key={`${finding.kind} ${place}`} selected={ticked.has(finding)}>
                  <Cell>
                    {finding.canQuarantine && (
                      <Checkbox label={place} checked={ticked.has(finding)} onChange={(isOn) => tick(finding, isOn)} />
                    )}
                  </Cell>
                  <Cell>{t(`data.integrity.kinds.${finding.kind}`)}</Cell>
                  <Cell className="mono">{place}</Cell>
                </Row>
              );
            })}
          </tbody>
        </Table>
      )}
      {quarantines.data?.map(({ id, at, items, isPutBack }) => (
        <CardRow
          key={id}
          title={t('data.integrity.quarantined', { count: items })}
          note={`${format.dateTime(at)} · quarantine/${id}`}
          actions={
            isPutBack ? (
              <span className="text-dim">{t('data.integrity.isBack')}</span>
            ) : (
              <Button size="small" onClick={() => void putBack(id)}>
                {t('data.integrity.putBack')}
              </Button>
            )
          }
        />
      ))}
      <ConfirmDialog
        open={isAsking}
        onClose={() => setAsking(false)}
        title={t('data.integrity.askTitle', { count: ticked.size })}
        body={
          <>
            <p>{t('data.integrity.askNote')}</p>
            {takesAll && <AsCommand command={commandText(cliCommands.quarantine())} />}
          </>
        }
        choices={[{ label: t('data.integrity.take', { count: ticked.size }), onChoose: takeAway }]}
      />
    </Card>
  );
}
