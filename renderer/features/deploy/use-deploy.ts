import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useSearchParams } from 'wouter';
import { type ApiError, toApiError } from '../../api/api-error.ts';
import { answer, api, apiBase } from '../../api/client.ts';

/** As they stand in the address of the page, and in fields: nothing is checked but by the server. */
export interface Draft {
  target: 'compose' | 'kubernetes' | 'systemd';
  docker: 'socket' | 'remote' | 'none';
  hostName: string;
  instances: string;
  dockerHost: string;
}

export const targets = ['compose', 'kubernetes', 'systemd'] as const;
export const dockers = ['socket', 'remote', 'none'] as const;

/** What a person chose lives in the address, so that it can be kept and sent on. */
export function useDraft(): [Draft, (change: Partial<Draft>) => void] {
  const [search, setSearch] = useSearchParams();
  const target = targets.find((each) => each === search.get('target')) ?? 'compose';
  const draft: Draft = {
    target,
    docker: offeredDockers(target).find((each) => each === search.get('docker')) ?? offeredDockers(target)[0] ?? 'none',
    hostName: search.get('name') ?? 'agentrail.example.com',
    instances: search.get('instances') ?? '1',
    dockerHost: search.get('dockerHost') ?? 'ssh://agentrail@docker.example.com',
  };
  const change = (wanted: Partial<Draft>) => {
    const { hostName, ...rest } = { ...draft, ...wanted };
    setSearch({ ...rest, name: hostName }, { replace: true });
  };
  return [draft, change];
}

/** Nodes of Kubernetes have no socket to give. */
export function offeredDockers(target: Draft['target']): readonly Draft['docker'][] {
  return target === 'kubernetes' ? ['none', 'remote'] : dockers;
}

function queryOf({ target, docker, hostName, instances, dockerHost }: Draft) {
  return {
    target,
    docker,
    hostName: hostName.trim(),
    instances,
    ...(docker === 'remote' && { dockerHost: dockerHost.trim() }),
  };
}

export const deployKey = ['deploy'] as const;

export function usePlan(draft: Draft) {
  const query = queryOf(draft);
  return useQuery({
    queryKey: [...deployKey, query],
    queryFn: () => answer(api.deploy.$get({ query })),
    placeholderData: keepPreviousData,
    retry: false,
  });
}

/** Keeps what is shown as exported, then hands it over. */
export function useDownloadAll(draft: Draft, onFault: (error: unknown) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async () => {
      const query = queryOf(draft);
      await answer(api.deploy.exports.$post({ json: { ...query, instances: Number(query.instances) } }));
      download(`${apiBase}/deploy/zip?${new URLSearchParams(query)}`, '');
    },
    onError: onFault,
    onSettled: () => client.invalidateQueries({ queryKey: deployKey }),
  });
}

export function downloadText(path: string, content: string): void {
  const href = URL.createObjectURL(new Blob([content], { type: 'text/plain' }));
  download(href, path.split('/').at(-1) ?? path);
  // The browser takes it when the click is over.
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
}

function download(href: string, name: string): void {
  const link = document.createElement('a');
  link.href = href;
  link.download = name;
  link.click();
}

export type Field = 'hostName' | 'instances' | 'dockerHost';

/** The fields that the server refused. */
export function refusedFields(error: Error | null): readonly Field[] {
  if (error === null) return [];
  const { code, details }: ApiError = toApiError(error);
  if (code !== 'invalid_request' || !Array.isArray(details)) return [];
  const paths = details.map((each: { path?: unknown }) => each.path);
  return (['hostName', 'instances', 'dockerHost'] as const).filter((field) => paths.includes(field));
}
