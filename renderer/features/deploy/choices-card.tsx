import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Card } from '../../ui/card.tsx';
import { FieldRow, TextInput } from '../../ui/field.tsx';
import { NumberInput } from '../../ui/number-input.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import { type Draft, type Field, offeredDockers, targets } from './use-deploy.ts';

interface Props {
  draft: Draft;
  onChange(change: Partial<Draft>): void;
  refused: readonly Field[];
}

export function ChoicesCard({ draft, onChange, refused }: Props) {
  const { t } = useTranslation();
  const faultOf = (field: Field) => (refused.includes(field) ? t(`deploy.faults.${field}`) : undefined);
  return (
    <Card title={t('deploy.choices')}>
      <div className="grid gap-3 px-3.5 py-3">
        <Row label={t('deploy.target.label')} hint={t(`deploy.target.hints.${draft.target}`)}>
          <Segmented
            label={t('deploy.target.label')}
            value={draft.target}
            onChange={(target) => onChange({ target })}
            segments={targets.map((value) => ({ value, label: t(`deploy.target.${value}`) }))}
          />
        </Row>
        <FieldRow label={t('deploy.name')} hint={t('deploy.nameHint')} error={faultOf('hostName')}>
          <TextInput
            className="mono"
            value={draft.hostName}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => onChange({ hostName: event.target.value })}
          />
        </FieldRow>
        <FieldRow label={t('deploy.instances')} hint={t('deploy.instancesHint')} error={faultOf('instances')}>
          <NumberInput value={draft.instances} onChange={(instances) => onChange({ instances })} />
        </FieldRow>
        <Row label={t('deploy.docker.label')} hint={t(`deploy.docker.hints.${draft.docker}`)}>
          <Segmented
            label={t('deploy.docker.label')}
            value={draft.docker}
            onChange={(docker) => onChange({ docker })}
            segments={offeredDockers(draft.target).map((value) => ({ value, label: t(`deploy.docker.${value}`) }))}
          />
        </Row>
        {draft.docker === 'remote' && (
          <FieldRow label={t('deploy.dockerHost')} hint={t('deploy.dockerHostHint')} error={faultOf('dockerHost')}>
            <TextInput
              className="mono"
              value={draft.dockerHost}
              autoComplete="off"
              spellCheck={false}
              onChange={(event) => onChange({ dockerHost: event.target.value })}
            />
          </FieldRow>
        )}
      </div>
    </Card>
  );
}

/** As FieldRow, for a control that names itself. */
function Row({ label, hint, children }: { label: string; hint: string; children: ReactNode }) {
  return (
    <div className="grid items-center gap-x-6 gap-y-1.5 pair:grid-cols-[minmax(0,1fr)_minmax(0,360px)]">
      <div className="grid min-w-0">
        <span className="font-medium">{label}</span>
        <span className="text-dim text-small">{hint}</span>
      </div>
      <div className="-m-0.5 flex min-w-0 overflow-x-auto p-0.5">{children}</div>
    </div>
  );
}
