import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ConfigValue } from '../../../../server/contract/config.ts';
import { toApiError } from '../../../api/api-error.ts';
import { useFaultText } from '../../../api/use-fault-text.ts';
import { Button } from '../../../ui/button.tsx';
import { Notice } from '../../../ui/notice.tsx';
import { Select } from '../../../ui/select.tsx';
import { useFormDrafts } from '../form-drafts.ts';
import { useSaveSettings } from '../use-settings.ts';
import { RuleList } from './rule-list.tsx';
import { TryCommand } from './try-command.tsx';
import { agentsOf, modes, pathOf, type Rules, ruleLists, storedMode, storedRules, useTrial } from './use-rules.ts';

/** Rules of everyone, or of one agent, with a command line to try them on before they are saved. */
export function PermissionRules({ values }: { values: readonly ConfigValue[] }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const [agent, setAgent] = useState('');
  const { rules: drafts, keepRules } = useFormDrafts();
  const [line, setLine] = useState('');
  const save = useSaveSettings();
  const agents = agentsOf(values);
  const rulesOf = (name: string) => drafts[name] ?? storedRules(values, name);
  const asSent = (name: string) => {
    const mode = storedMode(values, name);
    return { ...rulesOf(name), ...(mode && { mode }) };
  };
  const rules = rulesOf(agent);
  const scope = agent === '' ? 'everyone' : 'agent';
  const trial = useTrial({
    everyone: asSent(''),
    ...(agent !== '' && { agent: asSent(agent) }),
    ...(line.trim() !== '' && { line }),
  });
  const faults = trial?.faults ?? [];
  const changed = ruleLists.filter(
    (list) => JSON.stringify(rules[list]) !== JSON.stringify(storedRules(values, agent)[list]),
  );
  const drop = () => keepRules(agent, undefined);
  const edit = (next: Rules) =>
    keepRules(agent, JSON.stringify(next) === JSON.stringify(storedRules(values, agent)) ? undefined : next);
  const store = () =>
    save.mutate(Object.fromEntries(changed.map((list) => [pathOf(agent, list), rules[list]])), { onSuccess: drop });
  const mode = storedMode(values, agent) ?? '';
  return (
    <div className="grid gap-4 px-3.5 py-3">
      <div className="flex flex-wrap items-center gap-2">
        <span className="font-medium">{t('rules.title')}</span>
        <Select
          label={t('rules.scope')}
          value={agent}
          onChange={setAgent}
          disabled={agents.length === 0}
          options={[
            { value: '', label: t('rules.everyone') },
            ...agents.map((value) => ({ value, label: t('rules.agent', { agent: value }) })),
          ]}
          className="!w-48"
        />
        {agent !== '' && (
          <Select
            label={t('rules.agentMode')}
            value={mode}
            onChange={(value) => save.mutate({ [pathOf(agent, 'mode')]: value || null })}
            options={['', ...modes].map((value) => ({ value, label: value || t('rules.sameMode') }))}
            className="!w-48"
          />
        )}
        <span className="text-dim text-small">{t('rules.order')}</span>
      </div>
      <div className="grid gap-4 roomy:grid-cols-3">
        {ruleLists.map((list) => (
          <RuleList
            key={list}
            list={list}
            rules={rules[list]}
            faults={
              new Map(
                faults.flatMap((each) =>
                  each.scope === scope && each.list === list ? [[each.index, each.message] as const] : [],
                ),
              )
            }
            onChange={(next) => {
              edit({ ...rules, [list]: next });
              save.reset();
            }}
          />
        ))}
      </div>
      <TryCommand line={line} onLine={setLine} verdict={trial?.verdict} />
      {save.error && (
        <Notice tone="bad" className="!mb-0">
          {faultText(save.error)} <span className="mono text-dim">{toApiError(save.error).code}</span>
        </Notice>
      )}
      {changed.length > 0 && (
        <div className="flex justify-end gap-2">
          <Button onClick={drop}>{t('settings.discard')}</Button>
          <Button look="primary" disabled={save.isPending || !trial || faults.length > 0} onClick={store}>
            {t('rules.save')}
          </Button>
        </div>
      )}
    </div>
  );
}
