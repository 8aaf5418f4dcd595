import { useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { cliCommands } from '../../../server/contract/cli-commands.ts';
import type { ImportReport } from '../../../server/contract/keeping.ts';
import { apiBase } from '../../api/client.ts';
import { useCommandText } from '../../api/use-command-text.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useFormat } from '../../i18n/format.ts';
import { AsCommand } from '../../ui/as-command.tsx';
import { Button, buttonClass } from '../../ui/button.tsx';
import { Card, CardRow } from '../../ui/card.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Notice } from '../../ui/notice.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { useSizes } from './queries.ts';
import type { Work } from './use-work.ts';
import { WorkLine } from './work-line.tsx';

/** How much is kept of whom, and taking one tenant out or in. */
export function TenantsCard({ work }: { work: Work }) {
  const { t } = useTranslation();
  const commandText = useCommandText();
  const format = useFormat();
  const faultText = useFaultText();
  const client = useQueryClient();
  const input = useId();
  const { data, error, refetch } = useSizes();
  const [file, setFile] = useState<File>();
  const [outcome, setOutcome] = useState<string>();

  async function bringIn(chosen: File, merge: 'skip' | 'replace') {
    setFile(undefined);
    setOutcome(undefined);
    const report = await work.run<ImportReport>('import', `/data/tenants/import?merge=${merge}`, chosen);
    if (report) setOutcome(t('data.tenants.imported', { ...report }));
    await client.invalidateQueries({ queryKey: ['data'] });
  }

  return (
    <Card
      title={t('data.tenants.title')}
      aside={
        <>
          <input
            id={input}
            type="file"
            accept=".gz"
            className="sr-only"
            aria-label={t('data.tenants.import')}
            tabIndex={-1}
            onChange={(event) => {
              setFile(event.target.files?.[0]);
              event.target.value = '';
            }}
          />
          <Button
            size="small"
            disabled={work.kind !== undefined}
            onClick={() => document.getElementById(input)?.click()}
          >
            {t('data.tenants.import')}
          </Button>
        </>
      }
    >
      <WorkLine work={work} kinds={['import']} />
      {outcome !== undefined && (
        <div className="px-3.5 pt-3">
          <Notice tone="accent" className="mb-0">
            {outcome}
          </Notice>
        </div>
      )}
      {error && !data ? (
        <ErrorState message={faultText(error)} onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <SkeletonRows rows={2} />
      ) : data.tenants.length === 0 ? (
        <EmptyState>{t('data.tenants.none')}</EmptyState>
      ) : (
        data.tenants.map(({ tenantId, sessions, sizeBytes }) => (
          <CardRow
            key={tenantId}
            title={<span translate="no">{tenantId}</span>}
            note={`${t('data.tenants.sessions', { count: sessions })} · ${format.bytes(sizeBytes)}`}
            actions={
              <a
                className={buttonClass({ size: 'small' })}
                href={`${apiBase}/data/tenants/${tenantId}/export`}
                download
                aria-label={t('data.tenants.exportOf', { tenant: tenantId })}
              >
                {t('data.tenants.export')}
              </a>
            }
          />
        ))
      )}
      <ConfirmDialog
        open={file !== undefined}
        onClose={() => setFile(undefined)}
        title={t('data.tenants.importTitle', { name: file?.name ?? '' })}
        body={
          <>
            <p>{t('data.tenants.importNote')}</p>
            <AsCommand command={commandText(cliCommands.tenantImport(file?.name ?? ''))} />
          </>
        }
        choices={
          file
            ? [
                { label: t('data.tenants.replace'), look: 'destroy', onChoose: () => void bringIn(file, 'replace') },
                { label: t('data.tenants.skip'), look: 'primary', onChoose: () => void bringIn(file, 'skip') },
              ]
            : []
        }
      />
    </Card>
  );
}
