import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type {
  IngestionJob,
  KnowledgeBase,
  KnowledgeDocument,
  KnowledgeHit,
  NewKnowledgeBase,
} from '../../../server/contract/knowledge.ts';
import { askAgent } from '../../api/agent-api.ts';

const key = 'knowledge';
const pageSize = 100;
/** While documents are taken in, and otherwise: agents and other clients add some too. */
const busyMs = 700;
const calmMs = 10_000;

export interface BasePlace {
  tenantId: string;
  kbId: string;
}

export const isGoing = ({ status }: IngestionJob) => status === 'waiting' || status === 'running';

function at({ kbId }: BasePlace, rest = ''): string {
  return `/knowledge/${encodeURIComponent(kbId)}${rest}`;
}

export function useBases(tenantId: string) {
  return useQuery({
    queryKey: [key, tenantId],
    queryFn: () => askAgent<{ knowledgeBases: KnowledgeBase[] }>('GET', '/knowledge', { query: { tenantId } }),
    refetchInterval: calmMs,
  });
}

export function useBase(place: BasePlace) {
  const { tenantId, kbId } = place;
  return useQuery({
    queryKey: [key, tenantId, kbId, 'base'],
    queryFn: () => askAgent<KnowledgeBase>('GET', at(place), { query: { tenantId } }),
  });
}

export function useDocuments(place: BasePlace, page: number) {
  const { tenantId, kbId } = place;
  return useQuery({
    queryKey: [key, tenantId, kbId, 'documents', page],
    queryFn: () =>
      askAgent<{ documents: KnowledgeDocument[]; total: number }>('GET', at(place, '/documents'), {
        query: { tenantId, offset: String(page * pageSize), limit: String(pageSize) },
      }),
    placeholderData: (before) => before,
  });
}

export const documentsPerPage = pageSize;

/** Follows what is taken in; documents that came are fetched by whoever shows them. */
export function useJobs(place: BasePlace) {
  const { tenantId, kbId } = place;
  const queries = useQueryClient();
  return useQuery({
    queryKey: [key, tenantId, kbId, 'jobs'],
    queryFn: async () => {
      const before = queries.getQueryData<IngestionJob[]>([key, tenantId, kbId, 'jobs']) ?? [];
      const { jobs } = await askAgent<{ jobs: IngestionJob[] }>('GET', at(place, '/jobs'), { query: { tenantId } });
      const going = new Set(before.filter(isGoing).map(({ id }) => id));
      if (jobs.some((job) => !isGoing(job) && going.has(job.id))) {
        void queries.invalidateQueries({ queryKey: [key, tenantId, kbId, 'documents'] });
        void queries.invalidateQueries({ queryKey: [key, tenantId, kbId, 'base'] });
      }
      return jobs;
    },
    refetchInterval: ({ state }) => (state.data?.some(isGoing) ? busyMs : calmMs),
  });
}

export function useText(place: BasePlace, docId: string | undefined, page: number) {
  const { tenantId, kbId } = place;
  return useQuery({
    queryKey: [key, tenantId, kbId, 'text', docId, page],
    enabled: docId !== undefined,
    queryFn: () =>
      askAgent<{ page: number; pages: number; text: string }>(
        'GET',
        at(place, `/documents/${encodeURIComponent(docId ?? '')}/text`),
        { query: { tenantId, page: String(page) } },
      ),
  });
}

export function useSearch({ tenantId, kbId }: BasePlace, words: string) {
  return useQuery({
    queryKey: [key, tenantId, kbId, 'search', words],
    enabled: words !== '',
    queryFn: () =>
      askAgent<{ hits: KnowledgeHit[] }>('POST', '/knowledge/search', {
        query: { tenantId },
        body: { query: words, kbIds: [kbId], limit: 20 },
      }),
    placeholderData: (before) => before,
  });
}

export type KnowledgeAction =
  | { type: 'create'; tenantId: string; base: Omit<NewKnowledgeBase, 'taxonomy'> }
  | { type: 'remove'; place: BasePlace }
  | { type: 'add'; place: BasePlace; document: { name: string; text: string } | { url: string } }
  | { type: 'removeDocument'; place: BasePlace; docId: string }
  | { type: 'retry'; place: BasePlace; jobId: string }
  | { type: 'forget'; place: BasePlace; jobId: string };

export function useKnowledgeAction() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: carryOut,
    onSettled: () => queries.invalidateQueries({ queryKey: [key] }),
  });
}

function carryOut(action: KnowledgeAction): Promise<unknown> {
  if (action.type === 'create')
    return askAgent<KnowledgeBase>('POST', '/knowledge', {
      query: { tenantId: action.tenantId },
      body: action.base,
    });
  const { place } = action;
  const query = { tenantId: place.tenantId };
  switch (action.type) {
    case 'remove':
      return askAgent('DELETE', at(place), { query });
    case 'add':
      return askAgent('POST', at(place, '/documents'), { query, body: action.document });
    case 'removeDocument':
      return askAgent('DELETE', at(place, `/documents/${encodeURIComponent(action.docId)}`), { query });
    case 'retry':
      return askAgent('POST', at(place, `/jobs/${encodeURIComponent(action.jobId)}/retry`), { query });
    case 'forget':
      return askAgent('DELETE', at(place, `/jobs/${encodeURIComponent(action.jobId)}`), { query });
    default:
      return action satisfies never;
  }
}
