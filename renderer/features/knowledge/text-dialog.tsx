import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { AgentFault } from '../../parts/agent-fault.tsx';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ScrollBox } from '../../ui/scroll-box.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { type BasePlace, useText } from './use-knowledge.ts';

export interface WantedText {
  docId: string;
  title: string;
  page: number;
}

/** A document as agents read it: its text, a page at a time. */
export function TextDialog({
  place,
  wanted,
  onClose,
}: {
  place: BasePlace;
  wanted: WantedText | undefined;
  onClose(): void;
}) {
  const { t } = useTranslation();
  const [shown, setShown] = useState<WantedText>();
  const [page, setPage] = useState(1);
  if (wanted !== undefined && wanted !== shown) {
    setShown(wanted);
    setPage(wanted.page);
  }
  const { data, error, refetch } = useText(place, shown?.docId, page);
  const title = shown?.title ?? '';
  return (
    <Dialog
      open={wanted !== undefined}
      onClose={onClose}
      wide
      title={title}
      {...(data &&
        data.pages > 1 && {
          footer: (
            <>
              <span className="tabular mr-auto self-center text-dim text-small">
                {t('knowledge.page', { page, pages: data.pages })}
              </span>
              <Button disabled={page <= 1} onClick={() => setPage(page - 1)}>
                {t('knowledge.previous')}
              </Button>
              <Button disabled={page >= data.pages} onClick={() => setPage(page + 1)}>
                {t('knowledge.next')}
              </Button>
            </>
          ),
        })}
    >
      {error ? (
        <AgentFault error={error} onRetry={() => void refetch()} />
      ) : data ? (
        <ScrollBox label={title} className="max-h-[55vh] overflow-auto rounded-[8px] bg-code px-3 py-2">
          <pre className="mono whitespace-pre-wrap [overflow-wrap:anywhere]">{data.text}</pre>
        </ScrollBox>
      ) : (
        <SkeletonRows />
      )}
    </Dialog>
  );
}
