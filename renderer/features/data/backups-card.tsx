import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type {
  BackupInfo,
  BackupReport,
  DrillRecord,
  DrillReport,
  RestoreReport,
  VerifyReport,
} from '../../../server/contract/backups.ts';
import { cliCommands } from '../../../server/contract/cli-commands.ts';
import { answer, api, apiBase } from '../../api/client.ts';
import { useCommandText } from '../../api/use-command-text.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useFormat } from '../../i18n/format.ts';
import { ServerText } from '../../i18n/server-text.tsx';
import { AsCommand } from '../../ui/as-command.tsx';
import { Button, buttonClass } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Chip } from '../../ui/chip.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Notice } from '../../ui/notice.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { Cell, HeadCell, Row, Table } from '../../ui/table.tsx';
import { showFault } from '../../ui/toast.tsx';
import { MakeBackupDialog } from './make-backup-dialog.tsx';
import { useBackups } from './queries.ts';
import { RestoreDialog } from './restore-dialog.tsx';
import { ScheduleDialog } from './schedule-dialog.tsx';
import { ScheduleLine } from './schedule-line.tsx';
import type { Work } from './use-work.ts';
import { WorkLine } from './work-line.tsx';

/** Archives of the data directory: make, prove, drill, fetch, remove, and the command that puts one in force. */
export function BackupsCard({ work }: { work: Work }) {
  const { t } = useTranslation();
  const commandText = useCommandText();
  const format = useFormat();
  const faultText = useFaultText();
  const client = useQueryClient();
  const { data, error, refetch } = useBackups();
  const [isMaking, setMaking] = useState(false);
  const [isScheduling, setScheduling] = useState(false);
  const [removing, setRemoving] = useState<BackupInfo>();
  const [restoring, setRestoring] = useState<BackupInfo>();
  const [outcome, setOutcome] = useState<string>();
  const isBusy = work.kind !== undefined;
  const again = () => client.invalidateQueries({ queryKey: ['data'] });

  async function make(includes: { workspaces: boolean; secrets: boolean; passphrase?: string }) {
    setMaking(false);
    setOutcome(undefined);
    const report = await work.run<BackupReport>('backup', '/data/backups', JSON.stringify(includes));
    if (report) {
      const { files, sizeBytes, leftOutCount } = report;
      const said = t('data.backup.made', { files: format.number(files), size: format.bytes(sizeBytes) });
      setOutcome(leftOutCount === 0 ? said : `${said} ${t('data.backup.leftOut', { count: leftOutCount })}`);
    }
    await again();
  }

  async function verify({ name }: BackupInfo) {
    setOutcome(undefined);
    const report = await work.run<VerifyReport>('verify', `/data/backups/${name}/verify`, '{}');
    if (report) setOutcome(t('data.backup.whole', { name, files: format.number(report.files) }));
  }

  async function drill({ name }: BackupInfo) {
    setOutcome(undefined);
    const report = await work.run<DrillReport>('drill', `/data/backups/${name}/drill`, '{}');
    if (report) {
      const { sessions, messages } = report;
      const counts = { sessions: format.number(sessions), messages: format.number(messages) };
      setOutcome(t('data.backup.drilled', { name, ...counts }));
    }
    await again();
  }

  async function restore({ name }: BackupInfo, into: { to: string; passphrase?: string }) {
    setRestoring(undefined);
    setOutcome(undefined);
    const path = `/data/backups/${name}/restore-into`;
    const report = await work.run<RestoreReport & { to: string }>('restore', path, JSON.stringify(into));
    if (report) setOutcome(t('data.restore.done', { to: report.to, files: format.number(report.files) }));
  }

  async function remove({ name }: BackupInfo) {
    try {
      await answer(api.data.backups[':name'].$delete({ param: { name } }));
      await again();
    } catch (fault) {
      showFault(t('data.backup.notRemoved'), faultText(fault));
      throw fault;
    }
  }

  const schedule = data?.schedule;
  return (
    <Card
      title={t('data.backup.title')}
      aside={
        <span className="flex gap-2">
          <Button size="small" disabled={data === undefined} onClick={() => setScheduling(true)}>
            {t('data.schedule.open')}
          </Button>
          <Button look="primary" size="small" disabled={isBusy} onClick={() => setMaking(true)}>
            {t('data.backup.now')}
          </Button>
        </span>
      }
    >
      <WorkLine work={work} kinds={['backup', 'verify', 'drill', 'restore']} />
      {outcome !== undefined && (
        <div className="px-3.5 pt-3">
          <Notice tone="accent" className="mb-0">
            {outcome}
          </Notice>
        </div>
      )}
      {schedule?.problem && (
        <div className="px-3.5 pt-3">
          <Notice tone="bad" className="mb-0">
            <ServerText>{schedule.problem.message}</ServerText>
          </Notice>
        </div>
      )}
      {schedule && <ScheduleLine schedule={schedule} />}
      {error && !data ? (
        <ErrorState message={faultText(error)} onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <SkeletonRows rows={2} />
      ) : data.backups.length === 0 ? (
        <EmptyState isSlim>{t('data.backup.none')}</EmptyState>
      ) : (
        <Table label={t('data.backup.title')}>
          <thead>
            <tr>
              <HeadCell>{t('data.backup.made_at')}</HeadCell>
              <HeadCell>{t('data.size')}</HeadCell>
              <HeadCell>{t('data.backup.holds')}</HeadCell>
              <HeadCell>
                <span className="sr-only">{t('data.actions')}</span>
              </HeadCell>
            </tr>
          </thead>
          <tbody>
            {data.backups.map((backup) => (
              <Row key={backup.name}>
                <Cell>
                  <span className="block">{format.dateTime(backup.createdAt)}</span>
                  <Drilled drill={data.drills.find(({ name }) => name === backup.name)} />
                </Cell>
                <Cell>{format.bytes(backup.sizeBytes)}</Cell>
                <Cell>
                  <span className="flex gap-1.5">
                    {backup.problem === undefined ? (
                      <Chip tone="ok" dot>
                        {t('data.backup.sessions')}
                      </Chip>
                    ) : (
                      <Chip tone="bad" dot>
                        {t('data.backup.unusable')}
                      </Chip>
                    )}
                    {backup.includes.workspaces && <Chip>{t('data.backup.workspaces')}</Chip>}
                    {backup.includes.secrets && <Chip>{t('data.backup.secrets')}</Chip>}
                  </span>
                </Cell>
                <Cell className="text-right">
                  <span className="inline-flex gap-1.5">
                    <Button size="small" disabled={isBusy} onClick={() => void verify(backup)}>
                      {t('data.backup.verify')}
                    </Button>
                    <Button size="small" disabled={isBusy} onClick={() => void drill(backup)}>
                      {t('data.backup.drill')}
                    </Button>
                    <Button size="small" onClick={() => setRestoring(backup)}>
                      {t('data.backup.restore')}
                    </Button>
                    <a
                      className={buttonClass({ size: 'small' })}
                      href={`${apiBase}/data/backups/${backup.name}`}
                      download
                    >
                      {t('data.backup.download')}
                    </a>
                    <Button size="small" look="danger" disabled={isBusy} onClick={() => setRemoving(backup)}>
                      {t('data.backup.remove')}
                    </Button>
                  </span>
                </Cell>
              </Row>
            ))}
          </tbody>
        </Table>
      )}
      <MakeBackupDialog
        open={isMaking}
        workspaces={schedule?.workspaces ?? false}
        onClose={() => setMaking(false)}
        onMake={(includes) => void make(includes)}
      />
      <ConfirmDialog
        open={removing !== undefined}
        onClose={() => setRemoving(undefined)}
        title={t('data.backup.removeTitle')}
        body={
          removing && (
            <>
              <p>{removing.name}</p>
              <AsCommand command={commandText(cliCommands.backupRemove(removing.name))} />
            </>
          )
        }
        choices={removing ? [{ label: t('data.backup.removeNow'), onChoose: () => remove(removing) }] : []}
      />
      <ScheduleDialog
        schedule={schedule}
        open={isScheduling}
        onClose={() => setScheduling(false)}
        onSaved={() => {
          setScheduling(false);
          void again();
        }}
      />
      <RestoreDialog
        backup={restoring}
        dir={schedule?.dir ?? ''}
        isBusy={isBusy}
        onClose={() => setRestoring(undefined)}
        onRestore={(backup, into) => void restore(backup, into)}
      />
    </Card>
  );
}

/** When the archive was last brought back for trial. */
function Drilled({ drill }: { drill: DrillRecord | undefined }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (!drill) return null;
  return (
    <span className="block text-dim text-small">{t('data.backup.drilledAt', { when: format.dateTime(drill.at) })}</span>
  );
}
