import { useTranslation } from 'react-i18next';
import type { PermissionTrial } from '../../../../server/contract/permissions.ts';
import { Chip } from '../../../ui/chip.tsx';
import { cn } from '../../../ui/cn.ts';
import { inputClass } from '../../../ui/field.tsx';

const tones = { allow: 'ok', ask: 'warn', deny: 'bad' } as const;

interface Props {
  line: string;
  onLine(line: string): void;
  verdict: PermissionTrial['verdict'];
}

/** A command line, and what the rules above would make of it. */
export function TryCommand({ line, onLine, verdict }: Props) {
  const { t } = useTranslation();
  return (
    <div className="grid gap-1.5">
      <label className="grid gap-1">
        <span className="font-medium">
          {t('rules.try')} <span className="font-normal text-dim text-small">{t('rules.tryNote')}</span>
        </span>
        <input
          value={line}
          translate="no"
          placeholder="git log && rm -rf build"
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => onLine(event.target.value)}
          onKeyDown={(event) => event.key === 'Enter' && event.preventDefault()}
          className={cn(inputClass, 'mono w-full')}
        />
      </label>
      <p aria-live="polite" className="flex min-h-[22px] flex-wrap items-center gap-2">
        {verdict && line.trim() !== '' && (
          <>
            <Chip tone={tones[verdict.outcome]}>{t(`rules.outcomes.${verdict.outcome}`)}</Chip>
            <span className="min-w-0 [overflow-wrap:anywhere]">
              {verdict.by === 'rule' && verdict.outcome === 'allow' && t('rules.byRule', { rule: verdict.rule ?? '' })}
              {verdict.by === 'rules' && t('rules.byRules')}
              {verdict.by === 'mode' &&
                verdict.outcome === 'allow' &&
                t('rules.byMode', { mode: verdict.mode ?? t('settings.unset') })}
              {verdict.outcome !== 'allow' && verdict.reason}
              {verdict.outcome !== 'allow' && verdict.by === 'mode' && (
                <span className="text-dim"> {t('rules.noRule')}</span>
              )}
            </span>
          </>
        )}
      </p>
    </div>
  );
}
