import { useTranslation } from 'react-i18next';
import type { ConfigValue } from '../../../server/contract/config.ts';
import { Chip } from '../../ui/chip.tsx';
import { type FieldPath, fieldOf, restartFields, toDraft } from './fields.ts';

const tones = { 'command line': 'warn', environment: 'warn', file: 'accent', default: 'idle' } as const;

export function SourceLine({ path, value }: { path: FieldPath; value: ConfigValue | undefined }) {
  const { t } = useTranslation();
  const source = value?.source ?? 'default';
  const word = t(`settings.sources.${source}`);
  const hidden = value?.shadows?.filter((each) => each.source !== 'default') ?? [];
  const isOutside = source === 'environment' || source === 'command line';
  return (
    <span className="mt-1 flex flex-wrap items-center gap-x-2 gap-y-1">
      {source !== 'default' && (
        <Chip tone={tones[source]}>
          {value?.from === undefined ? word : t('settings.from', { source: word, from: value.from })}
        </Chip>
      )}
      {hidden.map((each) => (
        <span key={`${each.source} ${each.from ?? ''}`}>
          {t('settings.shadows', {
            value: toDraft(fieldOf(path), each.value) || t('settings.unset'),
            source: each.from ?? t(`settings.sources.${each.source}`),
          })}
        </span>
      ))}
      {isOutside && <span>{t('settings.outside', { source: word })}</span>}
      {restartFields.includes(path) && <span>{t('settings.restartField')}</span>}
    </span>
  );
}
