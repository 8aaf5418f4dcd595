import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { ConfigFault } from '../../../../server/contract/config.ts';
import type { SettingsText } from '../../../../server/contract/settings-text.ts';
import { toApiError } from '../../../api/api-error.ts';
import { answer, api } from '../../../api/client.ts';
import { queryKeys } from '../../../api/query-client.ts';

/** Below the settings, so that it is read again with them. */
const textKey = [...queryKeys.settings, 'text'];
/** Other programs write the file too. */
const lookMs = 4000;

export function useYamlText() {
  return useQuery({
    queryKey: textKey,
    queryFn: () => answer(api.settings.text.$get()),
    refetchInterval: lookMs,
  });
}

export function useSettingSchema() {
  return useQuery({
    queryKey: ['settings-schema'],
    queryFn: () => answer(api.settings.schema.$get()),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export async function checkYaml(text: string): Promise<ConfigFault[]> {
  return (await answer(api.settings.check.$post({ json: { text } }))).faults;
}

export function useSaveYaml() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (json: { text: string; base: string }) => answer(api.settings.text.$put({ json })),
    onSuccess: (_, { text }) => {
      queries.setQueryData(textKey, (old: SettingsText | undefined) => old && { ...old, text, version: _.version });
      return queries.invalidateQueries({ queryKey: queryKeys.settings });
    },
  });
}

/** Takes over what another program wrote into the file. */
export function useReadAgain() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => answer(api.settings.reload.$post()),
    onSettled: () => queries.invalidateQueries({ queryKey: queryKeys.settings }),
  });
}

/** What is on the disk, when a save was refused because of it. */
export function theirsOf(error: unknown): SettingsText | undefined {
  const { code, details } = toApiError(error);
  if (code !== 'settings_changed' || typeof details !== 'object' || details === null) return undefined;
  const { text, version } = details as Partial<SettingsText>;
  return typeof text === 'string' && typeof version === 'string' ? { text, version } : undefined;
}
