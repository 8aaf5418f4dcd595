import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Sent, sendFiles } from '../../api/agent-api.ts';
import { toApiError } from '../../api/api-error.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useFormat } from '../../i18n/format.ts';
import { DropFiles } from '../../parts/drop-files.tsx';
import { Button } from '../../ui/button.tsx';
import { cardClass } from '../../ui/card.tsx';
import { cn } from '../../ui/cn.ts';
import { Notice } from '../../ui/notice.tsx';
import { Progress } from '../../ui/progress.tsx';
import { AddDialog } from './add-dialog.tsx';
import type { BasePlace } from './use-knowledge.ts';

/** As the server takes them in one form. */
const filesAtOnce = 20;
const largestBytes = 50 * 1024 * 1024;
const endings = '.txt,.md,.markdown,.html,.htm,.csv,.tsv,.pdf,.docx';

/** Documents by choosing, dropping, an address, or as text. */
export function AddCard({ place }: { place: BasePlace }) {
  const { t } = useTranslation();
  const format = useFormat();
  const faultText = useFaultText();
  const queries = useQueryClient();
  const [kind, setKind] = useState<'url' | 'text'>();
  const [sent, setSent] = useState<Sent & { files: number }>();
  const [faults, setFaults] = useState<readonly string[]>([]);
  const sending = useRef<AbortController>(undefined);
  useEffect(() => () => sending.current?.abort(), []);

  const send = async (chosen: readonly File[]) => {
    const large = chosen.filter(({ size }) => size > largestBytes);
    const files = chosen.filter(({ size }) => size <= largestBytes);
    const found: string[] = large.map(({ name }) =>
      t('knowledge.add.tooLarge', { name, limit: format.bytes(largestBytes) }),
    );
    setFaults(found);
    const leaving = new AbortController();
    sending.current = leaving;
    for (let from = 0; from < files.length && !leaving.signal.aborted; from += filesAtOnce) {
      const batch = files.slice(from, from + filesAtOnce);
      try {
        const path = `/knowledge/${encodeURIComponent(place.kbId)}/documents`;
        const tell = (news: Sent) => setSent({ ...news, files: batch.length });
        await sendFiles(path, { tenantId: place.tenantId }, batch, tell, leaving.signal);
      } catch (fault) {
        if (toApiError(fault).code !== 'aborted') found.push(faultText(fault));
      }
    }
    setFaults([...found]);
    setSent(undefined);
    await queries.invalidateQueries({ queryKey: ['knowledge', place.tenantId, place.kbId] });
  };

  return (
    <DropFiles
      label={t('knowledge.add.files')}
      accept={endings}
      multiple
      disabled={sent !== undefined}
      onFiles={(files) => void send(files)}
      className={cn(cardClass, 'px-3.5 py-3')}
    >
      {(choose) => (
        <>
          <div className="flex flex-wrap items-center gap-2">
            <Button look="primary" disabled={sent !== undefined} onClick={choose}>
              {t('knowledge.add.files')}
            </Button>
            <Button onClick={() => setKind('url')}>{t('knowledge.add.url')}</Button>
            <Button onClick={() => setKind('text')}>{t('knowledge.add.text')}</Button>
            <span className="text-dim text-small">
              {t('knowledge.add.hint', { limit: format.bytes(largestBytes) })}
            </span>
          </div>
          {sent && (
            <div className="mt-3 grid gap-1.5" role="status">
              <div className="flex items-center gap-2">
                <span className="tabular flex-1">
                  {t('knowledge.add.sending', {
                    count: sent.files,
                    sent: format.bytes(sent.sentBytes),
                    total: format.bytes(sent.totalBytes),
                  })}
                </span>
                <Button size="small" onClick={() => sending.current?.abort()}>
                  {t('common.cancel')}
                </Button>
              </div>
              <Progress
                label={t('knowledge.add.files')}
                value={sent.totalBytes === 0 ? null : (sent.sentBytes / sent.totalBytes) * 100}
              />
            </div>
          )}
          {faults.length > 0 && (
            <Notice tone="bad" className="mt-3 mb-0">
              <ul>
                {faults.map((fault) => (
                  <li key={fault}>{fault}</li>
                ))}
              </ul>
            </Notice>
          )}
          <AddDialog place={place} kind={kind} onClose={() => setKind(undefined)} />
        </>
      )}
    </DropFiles>
  );
}
