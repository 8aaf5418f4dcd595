import { useTranslation } from 'react-i18next';
import { useShallow } from 'zustand/react/shallow';
import type { RunInfo } from '../../../server/contract/chat.ts';
import { cliCommands } from '../../../server/contract/cli-commands.ts';
import { useKnown } from '../../api/live-context.ts';
import { useCommandText } from '../../api/use-command-text.ts';
import { useFormat } from '../../i18n/format.ts';
import { AsCommand } from '../../ui/as-command.tsx';
import { type ConfirmChoice, ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { useNow } from '../../ui/use-now.ts';
import type { Ask } from './use-ask.ts';
import type { StopMode } from './use-server-actions.ts';

interface Props {
  ask: Ask | undefined;
  onClose(): void;
  onChoose(mode: StopMode): Promise<unknown>;
}

/** Shows what a stop would end, and lets a person choose between waiting and not. */
export function AskServer({ ask, onClose, onChoose }: Props) {
  const { t } = useTranslation();
  const commandText = useCommandText();
  const runs = useKnown(useShallow((live) => live.runs.filter((run) => run.status === 'running')));
  const sandboxes = useKnown((live) => live.sandboxes.filter(({ isPooled }) => !isPooled).length);
  const isRestart = ask === 'restart';
  const choices: ConfirmChoice[] =
    runs.length === 0
      ? [
          {
            label: t(isRestart ? 'overview.ask.restart' : 'overview.ask.stop'),
            look: isRestart ? 'primary' : 'destroy',
            onChoose: () => onChoose('drain'),
          },
        ]
      : [
          {
            label: t(isRestart ? 'overview.ask.restartNow' : 'overview.ask.stopNow'),
            onChoose: () => onChoose('now'),
          },
          {
            label: t(isRestart ? 'overview.ask.drainRestart' : 'overview.ask.drainStop'),
            look: 'primary',
            onChoose: () => onChoose('drain'),
          },
        ];
  return (
    <ConfirmDialog
      open={ask !== undefined}
      onClose={onClose}
      title={t(isRestart ? 'overview.ask.restartTitle' : 'overview.ask.stopTitle')}
      choices={choices}
      body={
        <>
          <p>{runs.length === 0 ? t('overview.ask.noRuns') : t('overview.ask.withRuns', { count: runs.length })}</p>
          {runs.length > 0 && <LiveRuns runs={runs} />}
          {sandboxes > 0 && <p className="mt-2">{t('overview.ask.sandboxes', { count: sandboxes })}</p>}
          <AsCommand
            command={commandText(isRestart ? cliCommands.serverRestart(false) : cliCommands.serverStop(false))}
          />
        </>
      }
    />
  );
}

function LiveRuns({ runs }: { runs: RunInfo[] }) {
  const format = useFormat();
  const now = useNow(1000);
  return (
    <ul className="mt-2 max-h-48 overflow-auto rounded-[8px] border border-line-soft">
      {runs.map((run) => (
        <li key={run.runId} className="flex gap-3 border-line-soft border-b px-3 py-1.5 last:border-b-0">
          <span className="min-w-0 flex-1 truncate text-text">{run.title || run.runId}</span>
          <span className="mono tabular">{format.stopwatch(now - run.startedAt)}</span>
        </li>
      ))}
    </ul>
  );
}
