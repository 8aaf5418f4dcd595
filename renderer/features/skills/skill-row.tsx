import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { cliCommands } from '../../../server/contract/cli-commands.ts';
import type { SkillInfo } from '../../../server/contract/skills.ts';
import { useCommandText } from '../../api/use-command-text.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useFormat } from '../../i18n/format.ts';
import { AsCommand } from '../../ui/as-command.tsx';
import { Button } from '../../ui/button.tsx';
import { Chip } from '../../ui/chip.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { Switch } from '../../ui/switch.tsx';
import { showFault } from '../../ui/toast.tsx';
import { useSkillAction } from './use-skills.ts';

export function SkillRow({ skill, onShow }: { skill: SkillInfo; onShow(): void }) {
  const { t } = useTranslation();
  const commandText = useCommandText();
  const format = useFormat();
  const faultText = useFaultText();
  const [isRemoving, setRemoving] = useState(false);
  const action = useSkillAction();
  const { name, description, version, mode, enabled, files, sizeBytes } = skill;
  const remove = async () => {
    try {
      await action.mutateAsync({ type: 'remove', name });
    } catch (error) {
      showFault(faultText(error));
      throw error;
    }
  };
  const facts = [
    version,
    t('skills.files', { count: files }),
    format.bytes(sizeBytes),
    mode === 'delegate' && t('skills.delegate'),
    skill.model,
  ].filter(Boolean);
  return (
    <li className="flex flex-wrap items-center gap-x-2.5 gap-y-1.5 border-line-soft border-b px-3.5 py-2.5 last:border-b-0">
      <div className="min-w-0 flex-1 basis-64">
        <div className="flex flex-wrap items-center gap-2">
          <span className="mono font-medium">{name}</span>
          <Chip dot tone={enabled ? 'ok' : 'idle'}>
            {t(enabled ? 'skills.on' : 'skills.off')}
          </Chip>
          <span className="tabular text-dim text-small">{facts.join(' · ')}</span>
        </div>
        <p className="line-clamp-2 text-dim text-small [overflow-wrap:anywhere]">{description}</p>
      </div>
      <span className="flex items-center gap-2">
        <Button size="small" aria-label={t('skills.showOf', { name })} onClick={onShow}>
          {t('skills.show')}
        </Button>
        <Button size="small" aria-label={t('skills.removeOf', { name })} onClick={() => setRemoving(true)}>
          {t('skills.remove')}
        </Button>
        <Switch
          label={t('skills.useOf', { name })}
          checked={enabled}
          disabled={action.isPending}
          onChange={(next) =>
            action.mutate({ type: 'switch', name, enabled: next }, { onError: (error) => showFault(faultText(error)) })
          }
        />
      </span>
      <ConfirmDialog
        open={isRemoving}
        onClose={() => setRemoving(false)}
        title={t('skills.askRemove.title', { name })}
        body={
          <>
            <p>{t('skills.askRemove.body', { count: files, size: format.bytes(sizeBytes) })}</p>
            <AsCommand command={commandText(cliCommands.skillRemove(name))} />
          </>
        }
        choices={[{ label: t('skills.askRemove.confirm'), onChoose: remove }]}
      />
    </li>
  );
}
