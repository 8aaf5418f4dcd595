import { useTranslation } from 'react-i18next';
import type { ConfigFault } from '../../../server/contract/config.ts';
import { ServerText } from '../../i18n/server-text.tsx';
import { Card } from '../../ui/card.tsx';
import { StateDot } from '../../ui/state-dot.tsx';

/** What is wrong with the file, each with its line; and what is only worth knowing. */
export function FileFaults({ faults, notes }: { faults: ConfigFault[]; notes: ConfigFault[] }) {
  const { t } = useTranslation();
  return (
    <>
      {faults.length > 0 && (
        <Card title={t('settings.faults', { count: faults.length })}>
          <FaultList faults={faults} tone="bad" />
        </Card>
      )}
      {notes.length > 0 && (
        <Card title={t('settings.notes')}>
          <FaultList faults={notes} tone="idle" />
        </Card>
      )}
    </>
  );
}

function FaultList({ faults, tone }: { faults: ConfigFault[]; tone: 'bad' | 'idle' }) {
  const { t } = useTranslation();
  return (
    <ul>
      {faults.map((fault) => (
        <li
          key={`${fault.path} ${fault.line ?? 0} ${fault.message}`}
          className="flex items-baseline gap-2.5 border-line-soft border-b px-3.5 py-2 last:border-b-0"
        >
          <StateDot tone={tone} />
          <span className="tabular w-16 shrink-0 text-dim text-small">
            {fault.line === undefined ? t('settings.wholeFile') : t('settings.line', { line: fault.line })}
          </span>
          <span className="min-w-0 [overflow-wrap:anywhere]">
            {fault.path !== '' && <span className="mono mr-2">{fault.path}</span>}
            <ServerText>{fault.message}</ServerText>
          </span>
        </li>
      ))}
    </ul>
  );
}
