import { useTranslation } from 'react-i18next';
import type { SecretInfo, SecretSourceInfo } from '../../../server/contract/secrets.ts';
import { useFormat } from '../../i18n/format.ts';

/** What is known of a value without showing it: its end, its origin, what it hides, its age and its last use. */
export function useSecretNote(): (secret: SecretInfo, now: number) => string {
  const { t } = useTranslation();
  const format = useFormat();
  return (secret, now) => {
    if (!secret.isSet) return t('secrets.notSet');
    const { lastFour, sources, lastUsedAt, lastUsedBy, lastResult } = secret;
    const [inForce, ...others] = sources;
    const when = (at: number) => format.relative(Math.min(at, now), now);
    const place = ({ origin, path }: SecretSourceInfo) =>
      origin === 'file' && path !== undefined ? path : t(`secrets.origins.${origin}`);
    const hidden = others.map((each) =>
      each.lastFour === undefined ? place(each) : `${place(each)} …${each.lastFour}`,
    );
    const parts = [
      lastFour === undefined ? t('secrets.hiddenEnd') : t('secrets.endsIn', { end: lastFour }),
      inForce && place(inForce),
      hidden.length > 0 && t('secretCare.notes.shadows', { others: hidden.join(', ') }),
      inForce?.changedAt !== undefined && t('secrets.changed', { when: when(inForce.changedAt) }),
      lastUsedAt !== undefined &&
        (lastUsedBy === undefined
          ? t('secrets.used', { when: when(lastUsedAt) })
          : t('secretCare.notes.lastUsedBy', {
              when: when(lastUsedAt),
              user: t(`secretCare.notes.users.${lastUsedBy}`),
            })),
      lastResult && lastResult.outcome !== 'unsupported' && t('secretCare.notes.tested', { when: when(lastResult.at) }),
      lastResult && lastResult.outcome !== 'accepted' && lastResult.outcome !== 'unsupported' && lastResult.message,
    ];
    return parts.filter(Boolean).join(' · ');
  };
}
