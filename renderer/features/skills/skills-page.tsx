import { IconWand } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../../i18n/format.ts';
import { AgentFault } from '../../parts/agent-fault.tsx';
import { DropFiles } from '../../parts/drop-files.tsx';
import { Button } from '../../ui/button.tsx';
import { cardClass } from '../../ui/card.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Notice } from '../../ui/notice.tsx';
import { PageHead } from '../../ui/page-head.tsx';
import { Progress } from '../../ui/progress.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { SkillRow } from './skill-row.tsx';
import { useInstall } from './use-install.ts';
import { useSkills } from './use-skills.ts';
import { WordsDialog } from './words-dialog.tsx';

export default function SkillsPage() {
  const { t } = useTranslation();
  const format = useFormat();
  const { data, error, refetch } = useSkills();
  const install = useInstall();
  const [shown, setShown] = useState<string>();
  const skills = data?.skills ?? [];
  const broken = data?.broken ?? [];
  const on = skills.filter(({ enabled }) => enabled).length;
  const { sent, fault, taken } = install;
  return (
    <DropFiles
      label={t('skills.install')}
      accept=".zip"
      disabled={sent !== undefined || !data}
      onFiles={([file]) => file && install.send(file)}
    >
      {(choose) => (
        <>
          <PageHead
            title={skills.length > 0 ? t('skills.titleCount', { count: skills.length, on }) : t('skills.title')}
            sub={t('skills.sub')}
            actions={
              <Button look="primary" disabled={sent !== undefined || !data} onClick={choose}>
                {t('skills.install')}
              </Button>
            }
          />
          {fault !== undefined && <Notice tone="bad">{fault}</Notice>}
          {install.installed !== undefined && (
            <Notice tone="accent">{t('skills.installed', { name: install.installed })}</Notice>
          )}
          {sent && (
            <div className="mb-3.5 grid gap-1.5" role="status">
              <span className="tabular text-small">
                {t('skills.sending', { sent: format.bytes(sent.sentBytes), total: format.bytes(sent.totalBytes) })}
              </span>
              <Progress
                label={t('skills.install')}
                value={sent.totalBytes === 0 ? null : (sent.sentBytes / sent.totalBytes) * 100}
              />
            </div>
          )}
          <div className={cardClass}>
            {error && !data ? (
              <AgentFault error={error} onRetry={() => void refetch()} />
            ) : !data ? (
              <SkeletonRows />
            ) : skills.length + broken.length === 0 ? (
              <EmptyState
                icon={<IconWand size={24} stroke={1.5} aria-hidden />}
                action={
                  <Button size="small" onClick={choose}>
                    {t('skills.install')}
                  </Button>
                }
              >
                {t('skills.empty')}
              </EmptyState>
            ) : (
              <ul aria-label={t('skills.title')}>
                {skills.map((skill) => (
                  <SkillRow key={skill.name} skill={skill} onShow={() => setShown(skill.name)} />
                ))}
                {broken.map(({ name, problem }) => (
                  <li key={name} className="border-line-soft border-b px-3.5 py-2.5 last:border-b-0">
                    <span className="mono font-medium">{name}</span>
                    <p className="text-bad text-small [overflow-wrap:anywhere]">
                      {t('skills.broken')} {problem}
                    </p>
                  </li>
                ))}
              </ul>
            )}
          </div>
          <WordsDialog name={shown} onClose={() => setShown(undefined)} />
          <ConfirmDialog
            open={taken !== undefined}
            onClose={install.leave}
            title={t('skills.askReplace.title')}
            body={t('skills.askReplace.body', { file: taken?.name ?? '' })}
            choices={[{ label: t('skills.askReplace.confirm'), onChoose: install.replace }]}
          />
        </>
      )}
    </DropFiles>
  );
}
