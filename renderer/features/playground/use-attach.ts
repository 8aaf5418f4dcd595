import { useQuery } from '@tanstack/react-query';
import { type ClipboardEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { queryKeys } from '../../api/query-client.ts';
import { useFormat } from '../../i18n/format.ts';
import { useChats } from './chat-store.ts';

export interface Attach {
  files: readonly File[];
  maxBytes: number;
  maxCount: number;
  /** What was not taken, and why. */
  faults: readonly string[];
  add(files: readonly File[]): void;
  remove(place: number): void;
  /** Takes pictures and files from the clipboard; text is left to the field. */
  onPaste(event: ClipboardEvent): void;
}

const noFiles: readonly File[] = [];

/** Files for the next message of a session, within the limits of the settings. */
export function useAttach(sessionId: string): Attach {
  const { t } = useTranslation();
  const format = useFormat();
  const files = useChats((store) => store.files[sessionId] ?? noFiles);
  const setFiles = useChats((store) => store.setFiles);
  const { maxBytes, maxCount } = useLimits();
  const [faults, setFaults] = useState<readonly string[]>([]);

  const add = (chosen: readonly File[]) => {
    const found: string[] = [];
    const good = chosen.filter(({ name, size }) => {
      if (size <= maxBytes) return true;
      found.push(t('playground.files.tooLarge', { name, limit: format.bytes(maxBytes) }));
      return false;
    });
    const next = [...files, ...good];
    if (next.length > maxCount) found.push(t('playground.files.tooMany', { count: maxCount }));
    setFiles(sessionId, next.slice(0, maxCount));
    setFaults(found);
  };
  return {
    ...{ files, maxBytes, maxCount, faults, add },
    remove(place) {
      setFiles(sessionId, files.toSpliced(place, 1));
      setFaults([]);
    },
    onPaste(event) {
      const pasted = [...event.clipboardData.files];
      // Office programs put a picture beside the text that was copied: the text is what is meant.
      if (pasted.length === 0 || event.clipboardData.getData('text/plain') !== '') return;
      event.preventDefault();
      add(pasted);
    },
  };
}

function useLimits(): { maxBytes: number; maxCount: number } {
  const { data } = useQuery({ queryKey: queryKeys.settings, queryFn: () => answer(api.settings.$get()) });
  const numberAt = (path: string, otherwise: number) => {
    const value = data?.values.find((each) => each.path === path)?.value;
    return typeof value === 'number' ? value : otherwise;
  };
  return {
    maxBytes: numberAt('server.attachments.maxBytes', 26_214_400),
    maxCount: numberAt('server.attachments.maxCount', 10),
  };
}
