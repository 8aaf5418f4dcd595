import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { z } from 'zod';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { FilterInput } from '../../ui/field.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';

/** As the build writes it; see scripts/licences/notices.ts. */
const listSchema = z.object({
  packages: z.array(z.object({ name: z.string(), version: z.string(), id: z.string(), text: z.number() })),
  texts: z.array(z.string()),
});

/** The packages inside this program, each with its licence. */
export function LicencesDialog({ onClose }: { onClose(): void }) {
  const { t } = useTranslation();
  const [wanted, setWanted] = useState('');
  const { data, error, refetch } = useQuery({
    queryKey: ['licences'],
    async queryFn() {
      const answer = await fetch('/licences.json');
      if (!answer.ok) throw new Error(`${answer.status}`);
      return listSchema.parse(await answer.json());
    },
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  const needle = wanted.trim().toLowerCase();
  const shown = data?.packages.filter(({ name, id }) => `${name} ${id}`.toLowerCase().includes(needle)) ?? [];
  return (
    <Dialog open onClose={onClose} title={t('about.licences')} description={t('about.licencesNote')} wide>
      {error && <ErrorState message={t('about.noList')} code="licences_missing" onRetry={() => void refetch()} />}
      {!data && !error && <SkeletonRows rows={8} />}
      {data && (
        <>
          <FilterInput
            label={t('about.filter')}
            placeholder={t('about.filter')}
            value={wanted}
            onChange={(event) => setWanted(event.target.value)}
          />
          <p role="status" className="py-2 text-dim text-small">
            {t('about.count', { count: shown.length })}
          </p>
          <ul className="h-[50vh] overflow-y-auto border-line-soft border-t">
            {shown.map(({ name, version, id, text }) => (
              <li key={`${name} ${version}`} className="border-line-soft border-b">
                <details>
                  <summary className="flex cursor-pointer gap-2 py-1.5">
                    <span className="min-w-0 flex-1 truncate">
                      {name} <span className="tabular text-dim">{version}</span>
                    </span>
                    <span className="shrink-0 text-dim text-small">{id}</span>
                  </summary>
                  <pre className="mono whitespace-pre-wrap pb-3 text-dim text-small [overflow-wrap:anywhere]">
                    {data.texts[text]}
                  </pre>
                </details>
              </li>
            ))}
          </ul>
        </>
      )}
    </Dialog>
  );
}
