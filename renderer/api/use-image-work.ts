import { useEffect, useRef, useState } from 'react';
import type { ImageProgress } from '../../server/contract/sandbox.ts';
import { followProgress } from './progress.ts';
import { useFaultText } from './use-fault-text.ts';

type Layer = Extract<ImageProgress, { type: 'layer' }>;
export type ImageWorkKind = 'pull' | 'build' | 'load';

interface Told {
  kind: ImageWorkKind | undefined;
  layers: readonly Layer[];
  lines: readonly string[];
  ended: { ok: true } | { ok: false; message: string } | undefined;
}

const linesKept = 500;
const nothing: Told = { kind: undefined, layers: [], lines: [], ended: undefined };

function tell(told: Told, progress: ImageProgress): Told {
  switch (progress.type) {
    case 'layer': {
      const at = told.layers.findIndex(({ id }) => id === progress.id);
      const layers = at === -1 ? [...told.layers, progress] : told.layers.with(at, { ...told.layers[at], ...progress });
      return { ...told, layers };
    }
    case 'line':
      return { ...told, lines: [...told.lines, progress.text].slice(-linesKept) };
    case 'done':
      return { ...told, ended: { ok: true } };
    case 'failed':
      return { ...told, ended: { ok: false, message: progress.message } };
    default:
      progress satisfies never;
      return told;
  }
}

/** One pull, build or load at a time; leaving ends it. */
export function useImageWork(onDone: () => void) {
  const faultText = useFaultText();
  const [told, setTold] = useState(nothing);
  const working = useRef<AbortController>(undefined);
  useEffect(() => () => working.current?.abort(), []);

  async function run(kind: ImageWorkKind, path: string, body: BodyInit | undefined): Promise<void> {
    const leaving = new AbortController();
    working.current = leaving;
    setTold({ ...nothing, kind });
    try {
      const take = (progress: ImageProgress) => setTold((before) => tell(before, progress));
      await followProgress(path, body, take, leaving.signal);
      onDone();
    } catch (fault) {
      setTold((before) => ({ ...before, ended: { ok: false, message: faultText(fault) } }));
    } finally {
      setTold((before) => ({ ...before, kind: undefined }));
    }
  }

  return {
    ...told,
    start: (kind: ImageWorkKind, path: string, body?: BodyInit) => void run(kind, path, body),
    stop: () => working.current?.abort(),
  };
}
