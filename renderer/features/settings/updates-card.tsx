import { useTranslation } from 'react-i18next';
import type { UpdateAction, UpdateState } from '../../../electron/native/contract.ts';
import { useFormat } from '../../i18n/format.ts';
import { Button } from '../../ui/button.tsx';
import { Card, CardRow } from '../../ui/card.tsx';
import { Progress } from '../../ui/progress.tsx';
import { ScrollBox } from '../../ui/scroll-box.tsx';
import { StateDot, type Tone } from '../../ui/state-dot.tsx';
import { Switch } from '../../ui/switch.tsx';
import { showFault } from '../../ui/toast.tsx';
import { useUpdates } from './use-updates.ts';

const tones: Record<UpdateState['phase'], Tone> = {
  ...{ unavailable: 'idle', idle: 'idle', checking: 'accent', current: 'ok', available: 'accent' },
  ...{ downloading: 'accent', waiting: 'accent', backing_up: 'accent', ready: 'ok', failed: 'warn' },
};

/** Newer versions of the desktop program. A browser tab has none of its own, and says how the server is updated. */
export function UpdatesCard() {
  const { t } = useTranslation();
  const { updates, act } = useUpdates();
  if (!window.native)
    return (
      <Card title={t('updates.title')}>
        <CardRow title={<span className="text-dim">{t('updates.browser')}</span>} />
      </Card>
    );
  if (!updates) return null;
  const run = (action: UpdateAction) =>
    act.mutate(action, { onError: (error) => showFault(t('updates.notDone'), error.message) });
  return (
    <Card title={t('updates.title')} aside={t('updates.version', { version: updates.version })}>
      <Standing state={updates} run={run} />
      {updates.notes && updates.phase !== 'unavailable' && <Notes state={updates} />}
      {updates.phase !== 'unavailable' && (
        <CardRow
          title={t('updates.automatic')}
          note={t('updates.automaticNote')}
          actions={
            <Switch
              label={t('updates.automatic')}
              checked={updates.isAutomatic}
              onChange={(isOn) => run(isOn ? 'automatic_on' : 'automatic_off')}
            />
          }
        />
      )}
    </Card>
  );
}

interface PartProps {
  state: UpdateState;
  run(action: UpdateAction): void;
}

function Standing({ state, run }: PartProps) {
  const { t } = useTranslation();
  const note = useNote(state);
  const { phase, receivedBytes = 0, totalBytes = 0 } = state;
  const isSkipped = phase === 'available' && state.latest === state.skipped;
  const name = isSkipped ? 'skipped' : phase === 'unavailable' ? (state.reason ?? 'source') : phase;
  return (
    <CardRow
      lead={<StateDot tone={isSkipped ? 'idle' : tones[phase]} />}
      title={<span role="status">{t(`updates.states.${name}`, { latest: state.latest, version: state.version })}</span>}
      note={
        <>
          {note}
          {phase === 'downloading' && (
            <span className="mt-1.5 block max-w-[420px]">
              <Progress
                label={t('updates.progress')}
                value={totalBytes > 0 ? Math.floor((receivedBytes / totalBytes) * 100) : null}
              />
            </span>
          )}
        </>
      }
      actions={<Actions state={state} run={run} />}
    />
  );
}

function useNote({ phase, problem, receivedBytes = 0, totalBytes = 0, runs = [], ...state }: UpdateState): string {
  const { t } = useTranslation();
  const format = useFormat();
  switch (phase) {
    case 'unavailable':
      return t(`updates.notes.${state.reason ?? 'source'}`);
    case 'downloading':
      return totalBytes > 0
        ? t('updates.notes.downloading', { received: format.bytes(receivedBytes), total: format.bytes(totalBytes) })
        : t('updates.notes.begins');
    case 'waiting':
      return t('updates.notes.waiting', { runs: runs.join(', '), count: runs.length });
    case 'backing_up':
      return t('updates.notes.backing_up');
    case 'ready':
      return t('updates.notes.ready');
    case 'failed':
      return `${t(`updates.problems.${problem?.step === 'backup' ? 'backup' : (problem?.code ?? 'other')}`)} (${problem?.detail ?? ''})`;
    case 'available':
      return state.releasedAt === undefined
        ? ''
        : t('updates.notes.released', { at: format.dateTime(state.releasedAt) });
    default:
      return state.checkedAt === undefined
        ? t('updates.notes.never')
        : t('updates.notes.looked', { at: format.dateTime(state.checkedAt) });
  }
}

function Actions({ state, run }: PartProps) {
  const { t } = useTranslation();
  const button = (action: UpdateAction, look: 'plain' | 'primary' | 'quiet' = 'plain') => (
    <Button key={action} size="small" look={look} onClick={() => run(action)}>
      {t(`updates.actions.${action as 'check'}`)}
    </Button>
  );
  switch (state.phase) {
    case 'unavailable':
    case 'checking':
      return null;
    case 'idle':
    case 'current':
      return button('check');
    case 'available':
      return (
        <div className="flex flex-wrap justify-end gap-2">
          {state.latest === state.skipped
            ? [button('check', 'quiet'), button('unskip')]
            : [button('later', 'quiet'), button('skip'), button('download', 'primary')]}
        </div>
      );
    case 'downloading':
    case 'waiting':
    case 'backing_up':
      return button('cancel');
    case 'ready':
      return button('install', 'primary');
    case 'failed':
      return state.problem?.step === 'check' ? (
        button('check')
      ) : state.problem?.step === 'download' ? (
        button('download')
      ) : (
        <Button size="small" onClick={() => run('install')}>
          {t('updates.actions.backUpAgain')}
        </Button>
      );
  }
}

function Notes({ state }: { state: UpdateState }) {
  const { t } = useTranslation();
  const title = t('updates.whatIsNew', { latest: state.latest });
  return (
    <div className="border-line-soft border-b px-3.5 py-[9px]">
      <h3 className="font-medium">{title}</h3>
      <ScrollBox
        label={title}
        className="mt-1 max-h-48 overflow-y-auto whitespace-pre-wrap text-dim [overflow-wrap:anywhere]"
      >
        {state.notes}
      </ScrollBox>
    </div>
  );
}
