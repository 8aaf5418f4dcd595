import { IconFilter, IconFilterOff, IconFocusCentered } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { type FieldFilter, fieldText } from '../../../server/contract/log-sources.ts';
import type { LogLine } from '../../../server/contract/logs.ts';
import { sessionHref } from '../../api/links.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { AnsiText } from './ansi-text.tsx';

interface Props {
  line: LogLine;
  onField(field: FieldFilter): void;
  onContext(): void;
}

/** Everything that a line carries, each value with what can be done with it. */
export function LineFields({ line, onField, onContext }: Props) {
  const { t } = useTranslation();
  const { sessionId, tenantId } = line;
  const rows = rowsOf(line);
  return (
    <section aria-label={t('logs.fields')} className="border-line-soft border-y bg-code px-3.5 py-2">
      <dl className="grid grid-cols-[max-content_minmax(0,1fr)_auto] gap-x-4">
        {rows.map(({ path, value }) => {
          const name = path.join('.').replace(/^fields\./, '');
          const text = fieldText(value);
          return (
            <div
              key={name}
              className="group col-span-3 grid grid-cols-subgrid items-start rounded-[5px] focus-within:bg-hover hover:bg-hover"
            >
              <dt className="max-w-60 truncate py-0.5 pl-1 text-dim" title={name}>
                {name}
              </dt>
              <dd className="max-h-80 overflow-y-auto whitespace-pre-wrap py-0.5 [overflow-wrap:anywhere]">
                <AnsiText text={text} />
              </dd>
              <dd className="flex opacity-45 focus-within:opacity-100 group-hover:opacity-100">
                <IconAction
                  label={t('logs.filterFor', { name })}
                  onClick={() => onField({ path, value: text, isNot: false })}
                >
                  <IconFilter size={14} stroke={1.5} aria-hidden />
                </IconAction>
                <IconAction
                  label={t('logs.filterOut', { name })}
                  onClick={() => onField({ path, value: text, isNot: true })}
                >
                  <IconFilterOff size={14} stroke={1.5} aria-hidden />
                </IconAction>
                <CopyButton text={text} label={t('logs.copyField', { name })} />
              </dd>
            </div>
          );
        })}
      </dl>
      <div className="mt-2 flex flex-wrap gap-2 font-sans">
        <Button size="small" onClick={onContext}>
          <IconFocusCentered size={15} stroke={1.5} aria-hidden />
          {t('logs.seeInContext')}
        </Button>
        {sessionId !== undefined && (
          <Link
            href={sessionHref({ sessionId, tenantId: tenantId ?? 'default', userId: 'default' })}
            className={buttonClass({ size: 'small' })}
          >
            {t('logs.openSession')}
          </Link>
        )}
        <CopyButton text={() => JSON.stringify(line, null, 2)} label={t('logs.copyLine')}>
          {t('logs.copyLine')}
        </CopyButton>
      </div>
    </section>
  );
}

function IconAction({ label, onClick, children }: { label: string; onClick(): void; children: React.ReactNode }) {
  return (
    <Button look="quiet" size="iconSmall" aria-label={label} title={label} onClick={onClick}>
      {children}
    </Button>
  );
}

interface Row {
  path: string[];
  value: unknown;
}

const maxRows = 100;
const maxDepth = 8;

/** Ids and every value in the fields by its path; lists and empty objects as one value. */
export function rowsOf({ msg, component, requestId, runId, sessionId, tenantId, fields }: LogLine): Row[] {
  const rows: Row[] = [];
  for (const [name, value] of Object.entries({ msg, component, tenantId, sessionId, runId, requestId })) {
    if (value !== undefined) rows.push({ path: [name], value });
  }
  const add = (path: string[], value: unknown): void => {
    if (rows.length >= maxRows) return;
    const isDeeper = typeof value === 'object' && value !== null && !Array.isArray(value) && path.length < maxDepth;
    if (isDeeper && Object.keys(value).length > 0) {
      for (const [name, inner] of Object.entries(value)) add([...path, name], inner);
    } else {
      rows.push({ path, value });
    }
  };
  if (fields && Object.keys(fields).length > 0) add(['fields'], fields);
  return rows;
}
