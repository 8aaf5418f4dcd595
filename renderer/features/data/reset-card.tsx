import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { cliCommands } from '../../../server/contract/cli-commands.ts';
import { type ResetPlan, type ResetState, resetWord } from '../../../server/contract/factory-reset.ts';
import { answer, api } from '../../api/client.ts';
import { useCommandText } from '../../api/use-command-text.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { AsCommand } from '../../ui/as-command.tsx';
import { Button } from '../../ui/button.tsx';
import { Card, CardRow } from '../../ui/card.tsx';
import { Choice } from '../../ui/choice.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Field, TextInput } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { SecretInput } from '../../ui/secret-input.tsx';
import { showFault } from '../../ui/toast.tsx';
import { dataKeys, useReset } from './queries.ts';
import type { Work } from './use-work.ts';
import { WorkLine } from './work-line.tsx';

const leastPassphrase = 8;

interface Wish {
  keepSettings: boolean;
  backup?: { workspaces: boolean; passphrase?: string };
}

/** Starting over: what goes, what stays, and the wish that the next start carries out. */
export function ResetCard({ work }: { work: Work }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const client = useQueryClient();
  const { data } = useReset();
  const [isAsking, setAsking] = useState(false);
  const pending = data?.pending;

  async function ask(wish: Wish) {
    setAsking(false);
    await work.run<ResetState>('reset', '/data/reset', JSON.stringify({ confirm: resetWord, ...wish }));
    await client.invalidateQueries({ queryKey: ['data'] });
  }

  async function callOff() {
    try {
      await answer(api.data.reset.$delete());
    } catch (fault) {
      showFault(t('data.reset.notCalledOff'), faultText(fault));
    }
    await client.invalidateQueries({ queryKey: dataKeys.reset });
  }

  return (
    <Card title={t('data.reset.title')}>
      <WorkLine work={work} kinds={['reset']} />
      {pending && (
        <div className="px-3.5 pt-3">
          <Notice tone="warn" className="mb-0">
            {t('data.reset.pending')}
          </Notice>
        </div>
      )}
      <CardRow
        title={t('data.reset.what')}
        note={t('data.reset.note')}
        actions={
          pending ? (
            <Button size="small" onClick={() => void callOff()}>
              {t('data.reset.callOff')}
            </Button>
          ) : (
            <Button
              size="small"
              look="danger"
              disabled={work.kind !== undefined || data === undefined}
              onClick={() => setAsking(true)}
            >
              {t('data.reset.ask')}
            </Button>
          )
        }
      />
      <Dialog
        open={isAsking}
        onClose={() => setAsking(false)}
        title={t('data.reset.askTitle')}
        description={t('data.reset.askNote')}
        wide
      >
        {isAsking && data && <Choices plan={data.plan} onAsk={(wish) => void ask(wish)} />}
      </Dialog>
    </Card>
  );
}

function Choices({ plan, onAsk }: { plan: ResetPlan; onAsk(wish: Wish): void }) {
  const { t } = useTranslation();
  const commandText = useCommandText();
  const [keepSettings, setKeepSettings] = useState(false);
  const [withBackup, setWithBackup] = useState(true);
  const [passphrase, setPassphrase] = useState('');
  const [typed, setTyped] = useState('');
  const isShort = passphrase !== '' && passphrase.length < leastPassphrase;
  const isReady = typed === resetWord && !(withBackup && isShort);
  const settings = 'agentrail.yaml';
  const goes = plan.goes.filter((name) => !keepSettings || name !== settings);
  const kept = keepSettings && plan.goes.includes(settings) ? [settings] : [];
  return (
    <form
      className="grid gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isReady) return;
        const backup = { workspaces: true, ...(passphrase !== '' && { passphrase }) };
        onAsk({ keepSettings, ...(withBackup && { backup }) });
      }}
    >
      <Names title={t('data.reset.goes')} names={goes} />
      <Names title={t('data.reset.stays')} names={[...plan.stays, ...kept, ...plan.elsewhere]} />
      <Choice label={t('data.reset.keepSettings')} checked={keepSettings} onChange={setKeepSettings} />
      <Choice label={t('data.reset.backup')} checked={withBackup} onChange={setWithBackup} />
      {withBackup && (
        <Field label={t('data.reset.passphrase')} hint={t('data.reset.passphraseHint', { count: leastPassphrase })}>
          <SecretInput value={passphrase} onChange={setPassphrase} />
        </Field>
      )}
      <Field label={t('data.reset.type', { word: resetWord })}>
        <TextInput
          className="mono"
          autoComplete="off"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      </Field>
      <AsCommand command={commandText(cliCommands.dataReset(keepSettings))} />
      <div className="flex justify-end">
        <Button type="submit" look="destroy" disabled={!isReady}>
          {t('data.reset.now')}
        </Button>
      </div>
    </form>
  );
}

function Names({ title, names }: { title: string; names: readonly string[] }) {
  const { t } = useTranslation();
  return (
    <div className="grid gap-0.5">
      <p className="font-medium">{title}</p>
      <p className="mono text-dim [overflow-wrap:anywhere]">
        {names.length === 0 ? t('common.none') : names.join(' · ')}
      </p>
    </div>
  );
}
