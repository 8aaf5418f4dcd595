import i18next from 'i18next';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import type { CheckResult, CheckState, RepairName } from '../../../../server/contract/doctor.ts';
import type { en } from '../../../i18n/en/index.ts';
import { useFormat } from '../../../i18n/format.ts';
import { ServerText } from '../../../i18n/server-text.tsx';
import { Button, buttonClass } from '../../../ui/button.tsx';
import { Chip } from '../../../ui/chip.tsx';
import { CommandLine } from '../../../ui/command-line.tsx';
import { FoldButton } from '../../../ui/fold-button.tsx';
import { RowAction } from '../../../ui/row-action.tsx';
import type { Tone } from '../../../ui/state-dot.tsx';

type KnownCheck = keyof (typeof en)['doctor']['checks'];

const tones: Record<CheckState | 'waiting', Tone> = {
  ...{ ok: 'ok', warn: 'warn', bad: 'bad' },
  ...{ not_applicable: 'idle', could_not_check: 'warn', waiting: 'idle' },
};
/** Where a person mends what doctor cannot. */
const pages: Partial<Record<string, string>> = {
  ...{ disk: '/data', backup: '/data', config: '/settings', shadowed: '/settings', port: '/settings' },
  ...{ vault: '/secrets', providers: '/secrets', database: '/secrets', programs: '/settings' },
  ...{ docker: '/sandboxes', image: '/sandboxes', containers: '/sandboxes', crashes: '/health/bundle' },
};

interface Props {
  name: string;
  /** Undefined: it was not looked at yet. */
  result: CheckResult | undefined;
  onRepair: ((name: RepairName) => void) | undefined;
}

export function CheckRow({ name, result, onRepair }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const [isOpen, setOpen] = useState(false);
  const state = result?.state ?? 'waiting';
  const isKnown = i18next.exists(`doctor.checks.${name}.title`);
  const title = isKnown ? t(`doctor.checks.${name as KnownCheck}.title`) : (result?.title ?? name);
  const isWrong = state === 'warn' || state === 'bad' || state === 'could_not_check';
  const { repair } = result ?? {};
  const page = pages[name];
  return (
    <li className="border-line-soft border-b last:border-b-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3.5 py-[9px]">
        <FoldButton
          title={title}
          notes={[
            result ? (
              <ServerText key="evidence">{result.evidence}</ServerText>
            ) : (
              isKnown && t(`doctor.checks.${name as KnownCheck}.note`)
            ),
          ]}
          isOpen={isOpen}
          onToggle={() => setOpen(!isOpen)}
          disabled={!result}
          className="basis-64"
        />
        <span className="tabular w-16 text-right text-dim text-small">
          {result ? format.duration(result.durationMs) : t('common.none')}
        </span>
        <span className="flex w-32 justify-end">
          <Chip dot tone={tones[state]}>
            {t(`doctor.states.${state}`)}
          </Chip>
        </span>
        <RowAction className="min-w-20">
          {isWrong && repair && onRepair ? (
            <Button size="small" aria-label={t('doctor.repairOf', { what: title })} onClick={() => onRepair(repair)}>
              {t('doctor.repair')}
            </Button>
          ) : (
            isWrong &&
            page !== undefined && (
              <Link href={page} className={buttonClass({ size: 'small' })}>
                {t('doctor.fix')}
              </Link>
            )
          )}
        </RowAction>
      </div>
      {isOpen && result && (
        <div className="grid gap-2 border-line-soft border-t bg-code px-3.5 py-2.5">
          {isKnown && <p className="text-dim">{t(`doctor.checks.${name as KnownCheck}.note`)}</p>}
          {result.details && result.details.length > 0 && (
            <pre className="mono whitespace-pre-wrap text-dim [overflow-wrap:anywhere]">
              {result.details.join('\n')}
            </pre>
          )}
          {result.fix !== undefined && (
            <p>
              <ServerText>{result.fix}</ServerText>
            </p>
          )}
          {result.command !== undefined && <CommandLine command={result.command} />}
        </div>
      )}
    </li>
  );
}
