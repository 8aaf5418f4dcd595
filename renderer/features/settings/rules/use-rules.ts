import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { ConfigValue } from '../../../../server/contract/config.ts';
import type { PermissionMode, PermissionTrial } from '../../../../server/contract/permissions.ts';
import { answer, api } from '../../../api/client.ts';

import { fields } from '../fields.ts';

const settleMs = 250;

export type RuleList = PermissionTrial['faults'][number]['list'];
/** As the judge goes through them. */
export const ruleLists: readonly RuleList[] = ['deny', 'ask', 'allow'];
export const modes: readonly PermissionMode[] = fields['permissions.mode'].options;
export type Rules = Record<RuleList, string[]>;

/** Agents of the file, which can have rules of their own. */
export function agentsOf(values: readonly ConfigValue[]): string[] {
  return values.flatMap(({ path }) => /^agents\.(.+)\.permissions\.allow$/.exec(path)?.[1] ?? []);
}

/** Where rules stand in the file. */
export function pathOf(agent: string, leaf: RuleList | 'mode'): string {
  return `${agent === '' ? '' : `agents.${agent}.`}permissions.${leaf}`;
}

export function storedRules(values: readonly ConfigValue[], agent: string): Rules {
  const stored = (list: RuleList) => {
    const value = values.find(({ path }) => path === pathOf(agent, list))?.value;
    return Array.isArray(value) ? value.map(String) : [];
  };
  return { allow: stored('allow'), deny: stored('deny'), ask: stored('ask') };
}

export function storedMode(values: readonly ConfigValue[], agent: string): PermissionMode | undefined {
  const value = values.find(({ path }) => path === pathOf(agent, 'mode'))?.value;
  return modes.find((mode) => mode === value);
}

interface Typed {
  everyone: Rules & { mode?: PermissionMode };
  agent?: Rules & { mode?: PermissionMode };
  line?: string;
}

/** What the server says of what is typed, once typing pauses. */
export function useTrial(typed: Typed) {
  const text = JSON.stringify(typed);
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), settleMs);
    return () => clearTimeout(timer);
  }, [text]);
  const { data } = useQuery({
    queryKey: ['permission-trial', settled],
    queryFn: () => answer(api.settings.permissions.try.$post({ json: JSON.parse(settled) as Typed })),
    gcTime: 0,
  });
  // An answer about other words would mislead.
  return settled === text ? data : undefined;
}
