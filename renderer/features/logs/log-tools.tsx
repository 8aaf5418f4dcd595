import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type LogSource, logSources } from '../../../server/contract/log-sources.ts';
import type { LogLevel } from '../../../server/contract/logs.ts';
import { useFormat } from '../../i18n/format.ts';
import { FilterChip } from '../../ui/chip.tsx';
import { FilterInput } from '../../ui/field.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import { Select } from '../../ui/select.tsx';
import { type Filter, faultOfRegex, logLevels, type Span, spans } from './log-filter.ts';
import { MoreFilters } from './more-filters.tsx';
import { SavedSearches } from './saved-searches.tsx';
import type { LogAddress } from './use-log-filter.ts';

const typingMs = 250;

export function LogTools({ filter, change, open }: LogAddress) {
  const { t } = useTranslation();
  return (
    <div className="mb-2 flex flex-wrap items-start gap-2">
      <TextFilter
        label={t('logs.search')}
        text={filter.text}
        onChange={(text) => change({ text })}
        className="w-56 max-w-full"
      />
      <TextFilter
        label={t('logs.exclude')}
        text={filter.exclude}
        onChange={(exclude) => change({ exclude })}
        className="w-32 max-w-full"
        isSecond
      />
      <Segmented<LogLevel>
        label={t('logs.level')}
        value={filter.minLevel}
        onChange={(minLevel) => change({ minLevel })}
        segments={logLevels.map((value) => ({ value, label: t(`logs.levels.${value}`) }))}
      />
      <Select
        label={t('logs.source')}
        value={filter.source}
        onChange={(source) => change({ source: source as LogSource | '' })}
        options={[
          { value: '', label: t('logs.allSources') },
          ...logSources.map((value) => ({ value, label: t(`logs.sources.${value}`) })),
        ]}
        className="!w-30"
      />
      <Select
        label={t('logs.time')}
        value={filter.since}
        onChange={(since) => change({ since: since as Span | '', fromTime: '', toTime: '' })}
        options={[
          { value: '', label: t(filter.fromTime || filter.toTime ? 'logs.chosenTime' : 'logs.anyTime') },
          ...spans.map((value) => ({ value, label: t(`logs.spans.${value}`) })),
        ]}
        className="!w-32"
      />
      <MoreFilters filter={filter} onChange={change} />
      <SavedSearches filter={filter} onOpen={open} />
      <ActiveFilters filter={filter} onChange={change} />
    </div>
  );
}

/** Asks for lines when the person pauses, and not at all for an expression that is not whole. */
function TextFilter({
  label,
  text,
  onChange,
  className,
  isSecond = false,
}: {
  label: string;
  text: string;
  onChange(text: string): void;
  className: string;
  /** Ctrl+F goes to the first. */
  isSecond?: boolean;
}) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(text);
  const [told, setTold] = useState(text);
  // Changed from outside: a saved search, a chip, the way back.
  if (told !== text) {
    setTold(text);
    setTyped(text);
  }
  const fault = faultOfRegex(typed);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what was typed starts the wait.
  useEffect(() => {
    if (typed === text || fault !== undefined) return;
    const timer = setTimeout(() => {
      setTold(typed);
      onChange(typed);
    }, typingMs);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <div className={className}>
      <FilterInput
        label={label}
        value={typed}
        maxLength={500}
        onChange={(event) => setTyped(event.target.value)}
        aria-invalid={fault !== undefined}
        className="!w-full"
        {...(isSecond && { 'data-page-filter': undefined })}
      />
      {fault !== undefined && (
        <p role="alert" className="mt-1 text-bad text-small">
          {t('logs.badRegex', { reason: fault })}
        </p>
      )}
    </div>
  );
}

function ActiveFilters({ filter, onChange }: { filter: Filter; onChange(change: Partial<Filter>): void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const chips: { key: string; label: string; without: Partial<Filter> }[] = [];
  for (const name of ['component', 'tenantId', 'sessionId', 'runId'] as const) {
    if (filter[name] === '') continue;
    chips.push({ key: name, label: t(`logs.filters.${name}`, { value: filter[name] }), without: { [name]: '' } });
  }
  for (const name of ['fromTime', 'toTime'] as const) {
    if (filter[name] === '') continue;
    const label = t(`logs.filters.${name}`, { value: format.dateTime(Number(filter[name])) });
    chips.push({ key: name, label, without: { [name]: '' } });
  }
  filter.fields.forEach((field, place) => {
    const name = field.path.join('.').replace(/^fields\./, '');
    chips.push({
      key: `${place} ${name}`,
      label: `${name} ${field.isNot ? '≠' : '='} ${field.value}`,
      without: { fields: filter.fields.filter((_, other) => other !== place) },
    });
  });
  return chips.map(({ key, label, without }) => (
    <span key={key} className="flex h-[30px] items-center">
      <FilterChip label={label} removeLabel={t('logs.removeFilter', { label })} onRemove={() => onChange(without)} />
    </span>
  ));
}
