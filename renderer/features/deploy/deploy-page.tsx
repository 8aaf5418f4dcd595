import { IconDownload } from '@tabler/icons-react';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import type { DeployPlan } from '../../../server/contract/deploy.ts';
import { toApiError } from '../../api/api-error.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useFormat } from '../../i18n/format.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { CommandLine } from '../../ui/command-line.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { PageHead } from '../../ui/page-head.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { showFault } from '../../ui/toast.tsx';
import { useNow } from '../../ui/use-now.ts';
import { ChoicesCard } from './choices-card.tsx';
import { FilesCard } from './files-card.tsx';
import { NotesCard } from './notes-card.tsx';
import { refusedFields, useDownloadAll, useDraft, usePlan } from './use-deploy.ts';

export default function DeployPage() {
  const { t } = useTranslation();
  const format = useFormat();
  const faultText = useFaultText();
  const now = useNow(30_000);
  const [draft, change] = useDraft();
  const { data, error, refetch } = usePlan(draft);
  const all = useDownloadAll(draft, (fault) => showFault(faultText(toApiError(fault))));
  const refused = refusedFields(error);
  const isUsable = data !== undefined && error === null;
  const at = data?.lastExportAt;
  return (
    <>
      <PageHead
        title={titleOf(data, t)}
        sub={
          at === undefined ? t('deploy.sub') : t('deploy.subLast', { when: format.relative(Math.min(at, now), now) })
        }
        actions={
          <Button look="primary" disabled={!isUsable || all.isPending} onClick={() => all.mutate()}>
            <IconDownload size={15} stroke={1.5} aria-hidden />
            {t('deploy.downloadAll')}
          </Button>
        }
      />
      <div className="grid gap-3.5">
        <ChoicesCard draft={draft} onChange={change} refused={refused} />
        {error && refused.length === 0 && (
          <Card>
            <ErrorState message={faultText(error)} code={toApiError(error).code} onRetry={() => void refetch()} />
          </Card>
        )}
        {!data && !error && (
          <Card>
            <SkeletonRows />
          </Card>
        )}
        {isUsable && (
          <>
            <NotesCard notes={data.notes} />
            <FilesCard files={data.files} isFirst={at === undefined} />
            <Card title={t('deploy.command')}>
              <div className="p-3.5">
                <CommandLine command={data.command} />
              </div>
            </Card>
          </>
        )}
      </div>
    </>
  );
}

function titleOf(plan: DeployPlan | undefined, t: TFunction): string {
  if (plan === undefined) return t('deploy.title');
  if (plan.lastExportAt === undefined) return t('deploy.titleNew');
  const count = plan.files.filter(({ change }) => change !== 'same').length;
  return count === 0 ? t('deploy.titleSame') : t('deploy.titleChanged', { count });
}
