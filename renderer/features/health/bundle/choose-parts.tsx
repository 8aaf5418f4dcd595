import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SessionKey } from '../../../../server/contract/ids.ts';
import { type BundlePart, bundleParts } from '../../../../server/contract/support-bundle.ts';
import { answer, api } from '../../../api/client.ts';
import { useFormat } from '../../../i18n/format.ts';
import { Button } from '../../../ui/button.tsx';
import { Card } from '../../../ui/card.tsx';
import { Checkbox } from '../../../ui/checkbox.tsx';
import { Switch } from '../../../ui/switch.tsx';

/** What was said in sessions is not in it until a person says so, session by session. */
const usual: readonly BundlePart[] = bundleParts.filter((part) => part !== 'sessions');
const offered = 8;

export function ChooseParts({
  onGather,
}: {
  onGather(parts: readonly BundlePart[], sessions: readonly SessionKey[]): void;
}) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<ReadonlySet<BundlePart>>(new Set(usual));
  const [sessions, setSessions] = useState<readonly SessionKey[]>([]);
  const withSessions = chosen.has('sessions');
  const isReady = chosen.size > 0 && (!withSessions || sessions.length > 0);
  const turn = (part: BundlePart, isOn: boolean) => {
    const next = new Set(chosen);
    if (isOn) next.add(part);
    else next.delete(part);
    setChosen(next);
  };
  return (
    <Card
      title={t('bundle.choose')}
      aside={
        <Button
          look="primary"
          size="small"
          disabled={!isReady}
          onClick={() => onGather([...chosen], withSessions ? sessions : [])}
        >
          {t('bundle.gather')}
        </Button>
      }
    >
      <ul className="grid wide:grid-cols-2">
        {bundleParts.map((part) => (
          <li key={part} className="flex items-center gap-3 border-line-soft border-b px-3.5 py-2">
            <span className="min-w-0 flex-1" aria-hidden>
              <span className="block">{t(`bundle.parts.${part}.title`)}</span>
              <span className="block text-dim text-small">{t(`bundle.parts.${part}.note`)}</span>
            </span>
            <Switch
              label={`${t(`bundle.parts.${part}.title`)}: ${t(`bundle.parts.${part}.note`)}`}
              checked={chosen.has(part)}
              onChange={(isOn) => turn(part, isOn)}
            />
          </li>
        ))}
      </ul>
      {withSessions && <PickSessions picked={sessions} onPick={setSessions} />}
    </Card>
  );
}

function PickSessions({
  picked,
  onPick,
}: {
  picked: readonly SessionKey[];
  onPick(picked: readonly SessionKey[]): void;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const { data } = useQuery({
    queryKey: ['sessions', 'for-bundle'],
    queryFn: () => answer(api.sessions.$get({ query: { limit: String(offered) } })),
  });
  if (data?.sessions.length === 0) return <p className="px-3.5 py-3 text-dim">{t('bundle.noSessions')}</p>;
  return (
    <div className="px-3.5 py-3">
      <p className="mb-2 font-medium">{t('bundle.pickSessions')}</p>
      <ul className="grid gap-2">
        {data?.sessions.map(({ tenantId, userId, sessionId, title, lastActiveAt }) => {
          const isPicked = picked.some((each) => each.sessionId === sessionId && each.tenantId === tenantId);
          const others = picked.filter((each) => each.sessionId !== sessionId || each.tenantId !== tenantId);
          return (
            <li key={`${tenantId}/${sessionId}`} className="flex items-center gap-3">
              <Checkbox
                label={title || sessionId}
                checked={isPicked}
                onChange={(isOn) => onPick(isOn ? [...others, { tenantId, userId, sessionId }] : others)}
              />
              <span className="min-w-0 flex-1 truncate">{title || sessionId}</span>
              <span className="tabular text-dim text-small">{format.dateTime(lastActiveAt)}</span>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
