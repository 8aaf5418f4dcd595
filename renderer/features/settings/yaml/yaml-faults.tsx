import { useTranslation } from 'react-i18next';
import type { ConfigFault } from '../../../../server/contract/config.ts';
import { Card } from '../../../ui/card.tsx';

/** The faults of what is typed; each leads to its line. */
export function YamlFaults({ faults, onGo }: { faults: readonly ConfigFault[]; onGo(line: number): void }) {
  const { t } = useTranslation();
  if (faults.length === 0) return null;
  return (
    <Card title={<span className="text-bad">{t('yaml.faults', { count: faults.length })}</span>}>
      <ul>
        {faults.map((fault) => (
          <li
            key={`${fault.line} ${fault.path} ${fault.message}`}
            className="border-line-soft border-b last:border-b-0"
          >
            <button
              type="button"
              className="flex w-full items-baseline gap-2.5 px-3.5 py-2 text-left hover:bg-hover"
              onClick={() => onGo(fault.line ?? 1)}
            >
              <span className="tabular w-16 shrink-0 text-dim text-small">
                {t('settings.line', { line: fault.line ?? 1 })}
              </span>
              <span className="min-w-0 [overflow-wrap:anywhere]">
                {fault.path !== '' && <span className="mono mr-2">{fault.path}</span>}
                {fault.message}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </Card>
  );
}
