import { Popover } from '@base-ui/react/popover';
import { IconAdjustmentsHorizontal } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { buttonClass } from '../../ui/button.tsx';
import { cn } from '../../ui/cn.ts';
import { Field, TextInput } from '../../ui/field.tsx';
import { popupClass } from '../../ui/popup.ts';
import { Select } from '../../ui/select.tsx';
import type { Filter } from './log-filter.ts';

const components = [
  ...['http', 'lifecycle', 'sessions', 'secrets', 'data', 'database', 'plugins', 'telemetry', 'cluster'],
  ...['run', 'tool', 'provider', 'subagent', 'context', 'skills', 'memory', 'knowledge', 'mcp'],
  ...['sandbox', 'sandbox-egress', 'console'],
];

interface Props {
  filter: Filter;
  onChange(change: Partial<Filter>): void;
}

/** What is asked for less often. */
export function MoreFilters({ filter, onChange }: Props) {
  const { t } = useTranslation();
  const known =
    components.includes(filter.component) || filter.component === '' ? components : [filter.component, ...components];
  return (
    <Popover.Root>
      <Popover.Trigger className={buttonClass()}>
        <IconAdjustmentsHorizontal size={15} stroke={1.5} aria-hidden />
        {t('logs.more')}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={4} align="end" className="z-[55]">
          <Popover.Popup
            aria-label={t('logs.more')}
            className={cn(popupClass, 'grid w-[29rem] max-w-[calc(100vw-1rem)] grid-cols-2 gap-3 p-3.5')}
          >
            <Field label={t('logs.component')}>
              <Select
                label={t('logs.component')}
                value={filter.component}
                onChange={(component) => onChange({ component })}
                options={[
                  { value: '', label: t('logs.allComponents') },
                  ...known.map((value) => ({ value, label: value })),
                ]}
              />
            </Field>
            {(['tenantId', 'sessionId', 'runId'] as const).map((name) => (
              <IdField
                key={name}
                label={t(`logs.${name}`)}
                value={filter[name]}
                onChange={(value) => onChange({ [name]: value })}
              />
            ))}
            {(['fromTime', 'toTime'] as const).map((name) => (
              <TimeField
                key={name}
                label={t(`logs.${name}`)}
                value={filter[name]}
                onChange={(value) => onChange({ [name]: value, since: '' })}
              />
            ))}
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

/** Counts when the person is done with it. */
function IdField({ label, value, onChange }: { label: string; value: string; onChange(value: string): void }) {
  const [typed, setTyped] = useState(value);
  const commit = () => typed.trim() !== value && onChange(typed.trim());
  return (
    <Field label={label}>
      <TextInput
        value={typed}
        maxLength={256}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => setTyped(event.target.value)}
        onBlur={commit}
        onKeyDown={(event) => event.key === 'Enter' && commit()}
      />
    </Field>
  );
}

function TimeField({ label, value, onChange }: { label: string; value: string; onChange(value: string): void }) {
  return (
    <Field label={label}>
      <TextInput
        type="datetime-local"
        step={1}
        value={value === '' ? '' : toLocal(Number(value))}
        onChange={(event) => {
          const at = new Date(event.target.value).getTime();
          onChange(Number.isNaN(at) ? '' : String(at));
        }}
      />
    </Field>
  );
}

/** As the field wants it: local time to the second. */
function toLocal(time: number): string {
  const at = new Date(time);
  return new Date(time - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
