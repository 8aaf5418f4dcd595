import { IconArrowLeft } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'wouter';
import { cliCommands } from '../../../server/contract/cli-commands.ts';
import { useCommandText } from '../../api/use-command-text.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useFormat } from '../../i18n/format.ts';
import { AgentFault } from '../../parts/agent-fault.tsx';
import { AsCommand } from '../../ui/as-command.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { PageHead } from '../../ui/page-head.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { showFault } from '../../ui/toast.tsx';
import { AddCard } from './add-card.tsx';
import { DocumentsCard } from './documents-card.tsx';
import { JobsCard } from './jobs-card.tsx';
import { listHrefOf } from './links.ts';
import { SearchCard } from './search-card.tsx';
import { TextDialog, type WantedText } from './text-dialog.tsx';
import { type BasePlace, useBase, useKnowledgeAction } from './use-knowledge.ts';

export function BaseDetail({ place }: { place: BasePlace }) {
  const { t } = useTranslation();
  const commandText = useCommandText();
  const format = useFormat();
  const faultText = useFaultText();
  const [, navigate] = useLocation();
  const { data, error, refetch } = useBase(place);
  const action = useKnowledgeAction();
  const [isAsking, setAsking] = useState(false);
  const [wanted, setWanted] = useState<WantedText>();
  const remove = async () => {
    try {
      await action.mutateAsync({ type: 'remove', place });
    } catch (fault) {
      showFault(faultText(fault));
      throw fault;
    }
    navigate(listHrefOf(place.tenantId), { replace: true });
  };
  const figures = data && [
    t('knowledge.documents', { count: data.documents }),
    format.bytes(data.sizeBytes),
    ...data.topics.slice(0, 5).map(({ name }) => name),
  ];
  return (
    <>
      <Link
        href={listHrefOf(place.tenantId)}
        className="-mt-1 mb-1 flex w-fit items-center gap-1 rounded-[5px] text-dim text-small hover:text-text"
      >
        <IconArrowLeft size={14} stroke={1.5} aria-hidden />
        {t('knowledge.title')}
      </Link>
      <PageHead
        title={data?.name ?? place.kbId}
        sub={
          data && (
            <span className="text-small [overflow-wrap:anywhere]">
              <span className="mono">{data.id}</span> · {figures?.join(' · ')}
              {data.description !== '' && <span className="block">{data.description}</span>}
            </span>
          )
        }
        actions={
          data && (
            <Button look="danger" onClick={() => setAsking(true)}>
              {t('knowledge.removeBase')}
            </Button>
          )
        }
      />
      {!data && (
        <Card>{error ? <AgentFault error={error} onRetry={() => void refetch()} /> : <SkeletonRows rows={4} />}</Card>
      )}
      {data && (
        <div className="grid gap-3.5">
          <AddCard place={place} />
          <JobsCard place={place} />
          {data.documents > 0 && <SearchCard place={place} onOpen={setWanted} />}
          <DocumentsCard place={place} onOpen={setWanted} />
        </div>
      )}
      <TextDialog place={place} wanted={wanted} onClose={() => setWanted(undefined)} />
      <ConfirmDialog
        open={isAsking}
        onClose={() => setAsking(false)}
        title={t('knowledge.askRemove.title', { name: data?.name ?? place.kbId })}
        body={
          <>
            <p>
              {t('knowledge.askRemove.body', {
                count: data?.documents ?? 0,
                size: format.bytes(data?.sizeBytes ?? 0),
              })}
            </p>
            <AsCommand command={commandText(cliCommands.knowledgeRemove(place))} />
          </>
        }
        choices={[{ label: t('knowledge.askRemove.confirm'), onChoose: remove }]}
      />
    </>
  );
}
