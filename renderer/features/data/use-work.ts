import { useEffect, useRef, useState } from 'react';
import { followProgress } from '../../api/progress.ts';
import { useFaultText } from '../../api/use-fault-text.ts';

export type WorkKind = 'backup' | 'verify' | 'drill' | 'scan' | 'retention' | 'import' | 'restore' | 'reset';

interface Step {
  type: 'step';
  stage?: string;
  done: number;
  total: number;
  unit: 'bytes' | 'files' | 'sessions';
}

interface Told {
  kind: WorkKind | undefined;
  step: Step | undefined;
  /** Of the work that ended last. */
  fault: { kind: WorkKind; message: string } | undefined;
}

const idle: Told = { kind: undefined, step: undefined, fault: undefined };

type Progress = Step | { type: 'done'; report: unknown } | { type: 'failed'; code: string; message: string };

export interface Work extends Told {
  /** Resolves with the report of what was done; undefined: it failed, or was stopped. */
  run<Report>(
    kind: WorkKind,
    path: string,
    body?: BodyInit,
    onOther?: (event: object) => void,
  ): Promise<Report | undefined>;
  stop(): void;
}

/** One piece of work at a time; leaving the page ends it. */
export function useWork(): Work {
  const faultText = useFaultText();
  const [told, setTold] = useState(idle);
  const working = useRef<AbortController>(undefined);
  useEffect(() => () => working.current?.abort(), []);

  async function run<Report>(
    kind: WorkKind,
    path: string,
    body?: BodyInit,
    onOther: (event: object) => void = () => undefined,
  ): Promise<Report | undefined> {
    const leaving = new AbortController();
    working.current = leaving;
    setTold({ ...idle, kind });
    let report: Report | undefined;
    let message: string | undefined;
    try {
      const take = (progress: Progress) => {
        if (progress.type === 'step') setTold((before) => ({ ...before, step: progress }));
        else if (progress.type === 'done') report = progress.report as Report;
        else if (progress.type === 'failed') message = progress.message;
        else onOther(progress);
      };
      await followProgress<Progress>(path, body, take, leaving.signal);
    } catch (fault) {
      message = faultText(fault);
    }
    setTold({ ...idle, fault: message === undefined || leaving.signal.aborted ? undefined : { kind, message } });
    return report;
  }

  return { ...told, run, stop: () => working.current?.abort() };
}
