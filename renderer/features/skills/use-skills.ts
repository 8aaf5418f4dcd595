import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { BrokenSkill, SkillInfo } from '../../../server/contract/skills.ts';
import { askAgent, type Sent, sendFiles } from '../../api/agent-api.ts';

const key = ['skills'];
/** Folders are copied there by hand as well. */
const lookMs = 10_000;

const at = (name: string) => `/skills/${encodeURIComponent(name)}`;

export function useSkills() {
  return useQuery({
    queryKey: key,
    queryFn: () => askAgent<{ skills: SkillInfo[]; broken: BrokenSkill[] }>('GET', '/skills'),
    refetchInterval: lookMs,
  });
}

export function useInstructions(name: string | undefined) {
  return useQuery({
    queryKey: [...key, name],
    enabled: name !== undefined,
    queryFn: () => askAgent<SkillInfo & { instructions: string }>('GET', at(name ?? '')),
  });
}

export type SkillAction =
  | { type: 'install'; file: File; replace: boolean; onSent(sent: Sent): void; signal: AbortSignal }
  | { type: 'switch'; name: string; enabled: boolean }
  | { type: 'remove'; name: string };

export function useSkillAction() {
  const queries = useQueryClient();
  return useMutation({ mutationFn: carryOut, onSettled: () => queries.invalidateQueries({ queryKey: key }) });
}

function carryOut(action: SkillAction): Promise<SkillInfo | undefined> {
  switch (action.type) {
    case 'install':
      return sendFiles('/skills', { replace: action.replace ? '1' : '0' }, [action.file], action.onSent, action.signal);
    case 'switch':
      return askAgent('PATCH', at(action.name), { body: { enabled: action.enabled } });
    case 'remove':
      return askAgent('DELETE', at(action.name));
    default:
      return action satisfies never;
  }
}
