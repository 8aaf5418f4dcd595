import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Sent } from '../../api/agent-api.ts';
import { toApiError } from '../../api/api-error.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useFormat } from '../../i18n/format.ts';
import { useSkillAction } from './use-skills.ts';

/** As the server takes them. */
const largestBytes = 25 * 1024 * 1024;

export interface Install {
  sent: Sent | undefined;
  fault: string | undefined;
  /** Name of the skill that came last. */
  installed: string | undefined;
  /** The zip whose skill is there already. */
  taken: File | undefined;
  send(file: File): void;
  replace(): Promise<void>;
  leave(): void;
}

/** Sends a zip; when its skill is there already, it waits for the person's word. */
export function useInstall(): Install {
  const { t } = useTranslation();
  const format = useFormat();
  const faultText = useFaultText();
  const { mutateAsync } = useSkillAction();
  const [sent, setSent] = useState<Sent>();
  const [fault, setFault] = useState<string>();
  const [installed, setInstalled] = useState<string>();
  const [taken, setTaken] = useState<File>();
  const leaving = useRef<AbortController>(undefined);
  useEffect(() => () => leaving.current?.abort(), []);

  async function install(file: File, replace: boolean): Promise<void> {
    setFault(undefined);
    setInstalled(undefined);
    if (file.size > largestBytes) {
      setFault(t('skills.tooLarge', { name: file.name, limit: format.bytes(largestBytes) }));
      return;
    }
    leaving.current = new AbortController();
    setSent({ sentBytes: 0, totalBytes: file.size });
    try {
      const { signal } = leaving.current;
      const info = await mutateAsync({ type: 'install', file, replace, onSent: setSent, signal });
      setInstalled(info?.name);
    } catch (error) {
      if (toApiError(error).code === 'skill_exists') setTaken(file);
      else setFault(faultText(error));
    } finally {
      setSent(undefined);
    }
  }

  return {
    sent,
    fault,
    installed,
    taken,
    send: (file) => void install(file, false),
    replace: async () => {
      if (taken) await install(taken, true);
    },
    leave: () => setTaken(undefined),
  };
}
