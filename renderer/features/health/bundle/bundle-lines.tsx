import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../../api/client.ts';
import { useFaultText } from '../../../api/use-fault-text.ts';
import { Button } from '../../../ui/button.tsx';
import { Card } from '../../../ui/card.tsx';
import { Checkbox } from '../../../ui/checkbox.tsx';
import { EmptyState } from '../../../ui/empty-state.tsx';
import { ErrorState } from '../../../ui/error-state.tsx';
import { FilterInput } from '../../../ui/field.tsx';
import { ScrollBox } from '../../../ui/scroll-box.tsx';
import { SkeletonRows } from '../../../ui/skeleton.tsx';

const page = 200;
/** Of one answer of the server. */
const mostShown = 1000;

/** One file of the bundle, line by line, as it would be packed. */
export function BundleLines({ id, name, version }: { id: string; name: string; version: string }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const [text, setText] = useState('');
  const [onlyRedacted, setOnlyRedacted] = useState(false);
  const [count, setCount] = useState(page);
  const { data, error, refetch } = useQuery({
    queryKey: ['support-bundle', id, name, version, text, onlyRedacted, count],
    queryFn: () =>
      answer(
        api['support-bundle'][':id'].lines.$get({
          param: { id },
          query: {
            file: name,
            count: String(count),
            ...(text && { text }),
            ...(onlyRedacted && { redacted: '1' as const }),
          },
        }),
      ),
    placeholderData: keepPreviousData,
    gcTime: 60_000,
  });
  return (
    <Card title={<span className="mono">{name}</span>} aside={data && t('bundle.lines', { count: data.total })}>
      <div className="flex flex-wrap items-center gap-3 border-line-soft border-b px-3.5 py-2">
        <FilterInput label={t('bundle.search')} value={text} onChange={(event) => setText(event.target.value)} />
        <span className="flex items-center gap-2">
          <Checkbox label={t('bundle.onlyRedacted')} checked={onlyRedacted} onChange={setOnlyRedacted} />
          <span aria-hidden>{t('bundle.onlyRedacted')}</span>
        </span>
      </div>
      {error && !data ? (
        <ErrorState message={faultText(error)} onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <SkeletonRows rows={6} />
      ) : data.lines.length === 0 ? (
        <EmptyState>{t('bundle.noLines')}</EmptyState>
      ) : (
        <ScrollBox label={name} className="max-h-[60vh] overflow-auto bg-code py-2">
          <ol className="mono grid">
            {data.lines.map((line) => (
              <li key={line.number} className="flex gap-3 px-3.5 hover:bg-hover">
                <span className="tabular w-12 shrink-0 select-none text-right text-dim" aria-hidden>
                  {line.number}
                </span>
                <span className="min-w-0 whitespace-pre-wrap [overflow-wrap:anywhere]">{marked(line.text)}</span>
              </li>
            ))}
          </ol>
          {data.total > data.lines.length && count < mostShown && (
            <div className="px-3.5 pt-2">
              <Button size="small" onClick={() => setCount(Math.min(mostShown, count + page))}>
                {t('bundle.more')}
              </Button>
            </div>
          )}
        </ScrollBox>
      )}
    </Card>
  );
}

/** What was taken out stands out. */
function marked(text: string) {
  let at = 0;
  return text.split(/(\[redacted [^\]]{1,80}\])/).map((piece, index) => {
    const key = at;
    at += piece.length;
    return index % 2 === 1 ? (
      <mark key={key} className="rounded-[4px] bg-warn-bg px-1 text-warn">
        {piece}
      </mark>
    ) : (
      <span key={key}>{piece}</span>
    );
  });
}
