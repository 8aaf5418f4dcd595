import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { AgentFault } from '../../parts/agent-fault.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { FilterInput } from '../../ui/field.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import type { WantedText } from './text-dialog.tsx';
import { type BasePlace, useSearch } from './use-knowledge.ts';

/** Finds what an agent would find. */
export function SearchCard({ place, onOpen }: { place: BasePlace; onOpen(wanted: WantedText): void }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState('');
  const [words, setWords] = useState('');
  const { data, error, refetch, isFetching } = useSearch(place, words);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setWords(typed.trim());
  };
  const clear = (text: string) => {
    setTyped(text);
    if (text.trim() === '') setWords('');
  };
  return (
    <Card title={t('knowledge.search.title')}>
      <form onSubmit={submit} className="flex flex-wrap gap-2 px-3.5 py-3">
        <FilterInput
          label={t('knowledge.search.label')}
          value={typed}
          maxLength={400}
          onChange={(event) => clear(event.target.value)}
          className="!w-auto min-w-0 flex-1 basis-56"
        />
        <Button type="submit" disabled={typed.trim() === '' || isFetching}>
          {t('knowledge.search.find')}
        </Button>
      </form>
      {words !== '' && (
        <div className="border-line-soft border-t" aria-live="polite">
          {error ? (
            <AgentFault error={error} onRetry={() => void refetch()} />
          ) : !data ? (
            <SkeletonRows rows={2} />
          ) : data.hits.length === 0 ? (
            <EmptyState>{t('knowledge.search.none')}</EmptyState>
          ) : (
            <ul className="max-h-96 overflow-y-auto">
              {data.hits.map(({ docId, title, page, offset, text }) => (
                <li
                  key={`${docId} ${page} ${offset}`}
                  className="border-line-soft border-b px-3.5 py-2.5 last:border-b-0"
                >
                  <button
                    type="button"
                    className="block max-w-full truncate rounded-[4px] font-medium hover:text-accent hover:underline"
                    onClick={() => onOpen({ docId, title, page })}
                  >
                    {title}
                    <span className="font-normal text-dim"> · {t('knowledge.search.page', { page })}</span>
                  </button>
                  <p className="line-clamp-3 text-dim text-small [overflow-wrap:anywhere]">{text}</p>
                </li>
              ))}
            </ul>
          )}
        </div>
      )}
    </Card>
  );
}
