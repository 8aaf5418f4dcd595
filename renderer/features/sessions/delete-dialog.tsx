import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { cliCommands } from '../../../server/contract/cli-commands.ts';
import type { SessionRow } from '../../../server/contract/sessions.ts';
import { answer, api } from '../../api/client.ts';
import { useCommandText } from '../../api/use-command-text.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useFormat } from '../../i18n/format.ts';
import { AsCommand } from '../../ui/as-command.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { Progress } from '../../ui/progress.tsx';
import { showFault } from '../../ui/toast.tsx';
import { keyOf } from './session-rows.ts';

/** As many as the console takes in one request. */
const batchSize = 100;
const namedAtMost = 50;

interface Props {
  sessions: readonly SessionRow[];
  onClose(): void;
  onDeleted(keys: ReadonlySet<string>): void;
}

/** Says what goes: which sessions, how many bytes, and what stays. */
export function DeleteDialog({ sessions, onClose, onDeleted }: Props) {
  const { t } = useTranslation();
  const commandText = useCommandText();
  const format = useFormat();
  const faultText = useFaultText();
  // Keeps its words while the closing dialog fades.
  const [named, setNamed] = useState(sessions);
  const [done, setDone] = useState<number>();
  if (sessions.length > 0 && sessions !== named) setNamed(sessions);
  const count = named.length;
  const bytes = named.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0);

  const remove = async () => {
    const failed: string[] = [];
    try {
      for (let at = 0; at < named.length; at += batchSize) {
        setDone(at);
        const batch = named.slice(at, at + batchSize);
        const keys = batch.map(({ tenantId, userId, sessionId }) => ({ tenantId, userId, sessionId }));
        const { results } = await answer(api.sessions.delete.$post({ json: { sessions: keys } }));
        onDeleted(new Set(results.filter((result) => result.ok || result.code === 'session_not_found').map(keyOf)));
        for (const result of results)
          if (!result.ok && result.code !== 'session_not_found') failed.push(`${result.sessionId}: ${result.error}`);
      }
    } catch (error) {
      showFault(faultText(error));
      throw error;
    } finally {
      setDone(undefined);
    }
    if (failed.length > 0) {
      const more = failed.length > 5 ? '\n…' : '';
      showFault(t('sessions.notDeleted', { count: failed.length }), failed.slice(0, 5).join('\n') + more);
    }
  };

  return (
    <ConfirmDialog
      open={sessions.length > 0}
      onClose={onClose}
      title={t('sessions.ask.title', { count })}
      choices={[{ label: t('sessions.ask.confirm', { count }), onChoose: remove }]}
      body={
        <>
          <p>{t('sessions.ask.body', { size: format.bytes(bytes) })}</p>
          {done === undefined && <AsCommand command={commandText(cliCommands.sessionsRemove(named))} />}
          {done === undefined ? (
            <ul className="mt-2 max-h-48 overflow-auto rounded-[8px] border border-line-soft">
              {named.slice(0, namedAtMost).map((session) => (
                <li key={keyOf(session)} className="border-line-soft border-b px-3 py-1.5 last:border-b-0">
                  <span
                    dir="auto"
                    translate={session.title ? 'no' : undefined}
                    className="block truncate text-left text-text"
                  >
                    {session.title || t('sessions.untitled')}
                  </span>
                  <span className="mono block truncate">{keyOf(session)}</span>
                </li>
              ))}
              {count > namedAtMost && (
                <li className="px-3 py-1.5">{t('sessions.ask.more', { count: count - namedAtMost })}</li>
              )}
            </ul>
          ) : (
            <div className="mt-3 grid gap-1.5">
              <span className="tabular">{t('sessions.ask.progress', { done, count })}</span>
              <Progress label={t('sessions.ask.title', { count })} value={(done / count) * 100} />
            </div>
          )}
        </>
      }
    />
  );
}
