import { useTranslation } from 'react-i18next';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useSecrets } from '../../api/use-secrets.ts';
import { Button } from '../../ui/button.tsx';
import type { WayProps } from './step-card.tsx';
import { useChooseModel } from './use-choose-model.ts';

export function DemoWay({ onChosen, isBusy }: WayProps) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const choose = useChooseModel(onChosen);
  const hasKey = useSecrets().data?.secrets.some(({ group, isSet }) => group === 'models' && isSet) ?? false;
  return (
    <div className="grid justify-items-start gap-2.5">
      <p>{t('firstRun.demo.note')}</p>
      <p className="text-dim">{t(hasKey ? 'firstRun.demo.laterSet' : 'firstRun.demo.later')}</p>
      {choose.error && (
        <p role="alert" className="text-bad">
          {faultText(choose.error)}
        </p>
      )}
      <Button look="primary" disabled={isBusy || choose.isPending} onClick={() => choose.mutate({ kind: 'demo' })}>
        {t('firstRun.demo.use')}
      </Button>
    </div>
  );
}
