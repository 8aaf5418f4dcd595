import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { AgentFault } from '../../parts/agent-fault.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ScrollBox } from '../../ui/scroll-box.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { useInstructions } from './use-skills.ts';

/** What an agent is told when it uses the skill: as text, never run or drawn. */
export function WordsDialog({ name, onClose }: { name: string | undefined; onClose(): void }) {
  const { t } = useTranslation();
  // Keeps its words while the closing dialog fades.
  const [shown, setShown] = useState(name);
  if (name !== undefined && name !== shown) setShown(name);
  const { data, error, refetch } = useInstructions(shown);
  return (
    <Dialog open={name !== undefined} onClose={onClose} wide title={shown ?? ''} description={data?.description}>
      {error ? (
        <AgentFault error={error} onRetry={() => void refetch()} />
      ) : data ? (
        <div className="relative">
          <ScrollBox label={t('skills.words')} className="max-h-[52vh] overflow-auto rounded-[8px] bg-code px-3 py-2">
            <pre className="mono whitespace-pre-wrap pr-8 [overflow-wrap:anywhere]">{data.instructions}</pre>
          </ScrollBox>
          <span className="absolute top-1 right-2">
            <CopyButton text={data.instructions} label={t('skills.copyWords')} />
          </span>
        </div>
      ) : (
        <SkeletonRows />
      )}
    </Dialog>
  );
}
