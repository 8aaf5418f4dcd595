import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { cliCommands } from '../../../server/contract/cli-commands.ts';
import type { RetentionPlan, RetentionReport } from '../../../server/contract/keeping.ts';
import { answer, api } from '../../api/client.ts';
import { useCommandText } from '../../api/use-command-text.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useFormat } from '../../i18n/format.ts';
import { AsCommand } from '../../ui/as-command.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { Field, TextInput } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { DoomedSessions } from './doomed-sessions.tsx';
import type { Work } from './use-work.ts';
import { WorkLine } from './work-line.tsx';

const usualDays = '90';

/** Shows what an age would delete, and deletes that. */
export function RetentionCard({ work }: { work: Work }) {
  const { t } = useTranslation();
  const commandText = useCommandText();
  const format = useFormat();
  const faultText = useFaultText();
  const client = useQueryClient();
  const [days, setDays] = useState(usualDays);
  const [plan, setPlan] = useState<RetentionPlan>();
  const [said, setSaid] = useState<{ tone: 'accent' | 'bad'; text: string }>();
  const [isAsking, setAsking] = useState(false);
  const maxAgeDays = Number(days);
  const isGood = days.trim() !== '' && Number.isFinite(maxAgeDays) && maxAgeDays >= 0;

  async function preview() {
    setSaid(undefined);
    try {
      setPlan(await answer(api.data.retention.preview.$post({ json: { maxAgeDays } })));
    } catch (fault) {
      setPlan(undefined);
      setSaid({ tone: 'bad', text: faultText(fault) });
    }
  }

  async function apply() {
    setAsking(false);
    const report = await work.run<RetentionReport>(
      'retention',
      '/data/retention/apply',
      JSON.stringify({ maxAgeDays }),
    );
    setPlan(undefined);
    if (report) {
      const freed = format.bytes(report.freedBytes);
      setSaid({ tone: 'accent', text: t('data.retention.done', { count: report.deleted, freed }) });
    }
    await client.invalidateQueries({ queryKey: ['data'] });
  }

  const count = plan?.sessions.length ?? 0;
  return (
    <Card title={t('data.retention.title')}>
      <WorkLine work={work} kinds={['retention']} />
      <form
        className="flex flex-wrap items-end gap-3 px-3.5 py-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (isGood) void preview();
        }}
      >
        <Field label={t('data.retention.days')}>
          <TextInput
            inputMode="numeric"
            value={days}
            className="w-28"
            onChange={(event) => {
              setDays(event.target.value);
              setPlan(undefined);
            }}
          />
        </Field>
        <Button type="submit" disabled={!isGood || work.kind !== undefined}>
          {t('data.retention.preview')}
        </Button>
        {count > 0 && (
          <Button look="danger" disabled={work.kind !== undefined} onClick={() => setAsking(true)}>
            {t('data.retention.apply', { count })}
          </Button>
        )}
      </form>
      {(plan || said) && (
        <div className="px-3.5 pb-3">
          <Notice tone={said?.tone ?? 'accent'} className="mb-0">
            {said?.text ?? t('data.retention.plan', { count, freed: format.bytes(plan?.freedBytes ?? 0) })}
          </Notice>
          {plan && count > 0 && <DoomedSessions plan={plan} />}
        </div>
      )}
      <ConfirmDialog
        open={isAsking}
        onClose={() => setAsking(false)}
        title={t('data.retention.apply', { count })}
        body={
          <>
            <p>{t('data.retention.note')}</p>
            <AsCommand command={commandText(cliCommands.retentionApply({ maxAgeDays }))} />
          </>
        }
        choices={[{ label: t('data.retention.apply', { count }), onChoose: () => void apply() }]}
      />
    </Card>
  );
}
