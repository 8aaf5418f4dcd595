import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { KnowledgeDocument } from '../../../server/contract/knowledge.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useFormat } from '../../i18n/format.ts';
import { AgentFault } from '../../parts/agent-fault.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { Cell, HeadCell, Row, Table } from '../../ui/table.tsx';
import { showFault } from '../../ui/toast.tsx';
import type { WantedText } from './text-dialog.tsx';
import { type BasePlace, documentsPerPage, useDocuments, useKnowledgeAction } from './use-knowledge.ts';

export function DocumentsCard({ place, onOpen }: { place: BasePlace; onOpen(wanted: WantedText): void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const faultText = useFaultText();
  const [page, setPage] = useState(0);
  const [doomed, setDoomed] = useState<KnowledgeDocument>();
  const { data, error, refetch } = useDocuments(place, page);
  const action = useKnowledgeAction();
  const pages = Math.max(1, Math.ceil((data?.total ?? 0) / documentsPerPage));
  if (page >= pages && data) setPage(pages - 1);
  const remove = async () => {
    if (!doomed) return;
    try {
      await action.mutateAsync({ type: 'removeDocument', place, docId: doomed.id });
    } catch (fault) {
      showFault(faultText(fault));
      throw fault;
    }
  };
  return (
    <Card title={t('knowledge.columns.documents')} {...(data && { aside: format.number(data.total) })}>
      {error && !data ? (
        <AgentFault error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <SkeletonRows />
      ) : data.total === 0 ? (
        <EmptyState>{t('knowledge.noDocuments')}</EmptyState>
      ) : (
        <Table label={t('knowledge.columns.documents')}>
          <thead>
            <tr>
              <HeadCell className="w-full">{t('knowledge.columns.document')}</HeadCell>
              <HeadCell>{t('knowledge.columns.kind')}</HeadCell>
              <HeadCell className="text-right">{t('knowledge.columns.size')}</HeadCell>
              <HeadCell>{t('knowledge.columns.added')}</HeadCell>
              <HeadCell>
                <span className="sr-only">{t('knowledge.columns.actions')}</span>
              </HeadCell>
            </tr>
          </thead>
          <tbody>
            {data.documents.map((document) => (
              <Row key={document.id}>
                <Cell className="max-w-0 py-1.5">
                  <button
                    type="button"
                    className="block max-w-full truncate rounded-[4px] font-medium hover:text-accent hover:underline"
                    onClick={() => onOpen({ docId: document.id, title: document.title, page: 1 })}
                  >
                    {document.title}
                  </button>
                  <span className="block truncate text-dim text-small" title={document.summary}>
                    {document.summary || document.name}
                  </span>
                </Cell>
                <Cell className="mono text-dim">{document.kind}</Cell>
                <Cell className="text-right">{format.bytes(document.sizeBytes)}</Cell>
                <Cell className="text-dim">{format.dateTime(document.addedAt)}</Cell>
                <Cell className="text-right">
                  <Button
                    size="small"
                    look="quiet"
                    aria-label={t('knowledge.removeDocument', { name: document.title })}
                    onClick={() => setDoomed(document)}
                  >
                    {t('common.remove')}
                  </Button>
                </Cell>
              </Row>
            ))}
          </tbody>
        </Table>
      )}
      {pages > 1 && (
        <nav aria-label={t('knowledge.pages')} className="flex items-center justify-end gap-2 px-3.5 py-2">
          <span className="tabular text-dim text-small">
            {t('knowledge.page', { page: page + 1, pages: format.number(pages) })}
          </span>
          <Button size="small" disabled={page === 0} onClick={() => setPage(page - 1)}>
            {t('knowledge.previous')}
          </Button>
          <Button size="small" disabled={page + 1 >= pages} onClick={() => setPage(page + 1)}>
            {t('knowledge.next')}
          </Button>
        </nav>
      )}
      <ConfirmDialog
        open={doomed !== undefined}
        onClose={() => setDoomed(undefined)}
        title={t('knowledge.askDocument.title', { name: doomed?.title ?? '' })}
        body={t('knowledge.askDocument.body', { size: format.bytes(doomed?.sizeBytes ?? 0) })}
        choices={[{ label: t('knowledge.askDocument.confirm'), onChoose: remove }]}
      />
    </Card>
  );
}
