import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SessionKey } from '../../../../server/contract/ids.ts';
import type { BundlePart, BundlePreview, BundleProgress } from '../../../../server/contract/support-bundle.ts';
import { followProgress } from '../../../api/progress.ts';
import { useFaultText } from '../../../api/use-fault-text.ts';
import { Button } from '../../../ui/button.tsx';
import { Card } from '../../../ui/card.tsx';
import { Notice } from '../../../ui/notice.tsx';
import { PageHead } from '../../../ui/page-head.tsx';
import { Progress } from '../../../ui/progress.tsx';
import { ChooseParts } from './choose-parts.tsx';
import { LookThrough } from './look-through.tsx';

type Step = Extract<BundleProgress, { type: 'step' }>;

/** Choose, look through, fetch: three steps on one page. */
export function BundleView({ tabs }: { tabs: ReactNode }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const [preview, setPreview] = useState<BundlePreview>();
  const [step, setStep] = useState<Step>();
  const [fault, setFault] = useState<string>();
  const working = useRef<AbortController>(undefined);
  useEffect(() => () => working.current?.abort(), []);

  async function gather(parts: readonly BundlePart[], sessions: readonly SessionKey[]) {
    const leaving = new AbortController();
    working.current = leaving;
    setFault(undefined);
    setStep({ type: 'step', stage: parts[0] ?? 'program', done: 0, total: parts.length });
    try {
      const take = (progress: BundleProgress) => {
        if (progress.type === 'step') setStep(progress);
        else if (progress.type === 'done') setPreview(progress.report);
        else setFault(progress.message);
      };
      await followProgress<BundleProgress>(
        '/support-bundle',
        JSON.stringify({ parts, sessions }),
        take,
        leaving.signal,
      );
    } catch (thrown) {
      setFault(faultText(thrown));
    }
    setStep(undefined);
  }

  const label = step ? `${t('bundle.gathering')}: ${t(`bundle.parts.${step.stage}.title`)}` : '';
  return (
    <>
      <PageHead
        title={t('bundle.title')}
        sub={t('bundle.sub')}
        actions={preview && <Button onClick={() => setPreview(undefined)}>{t('bundle.again')}</Button>}
      />
      {tabs}
      {fault !== undefined && <Notice tone="bad">{fault}</Notice>}
      {step ? (
        <Card>
          <div className="grid gap-2 px-3.5 py-3" role="status">
            <div className="flex items-center gap-3">
              <span className="min-w-0 flex-1">{label}</span>
              <Button size="small" onClick={() => working.current?.abort()}>
                {t('bundle.stop')}
              </Button>
            </div>
            <Progress label={label} value={step.total === 0 ? null : (step.done / step.total) * 100} />
          </div>
        </Card>
      ) : preview ? (
        <LookThrough preview={preview} onChange={setPreview} />
      ) : (
        <ChooseParts onGather={(parts, sessions) => void gather(parts, sessions)} />
      )}
    </>
  );
}
