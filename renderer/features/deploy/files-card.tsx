import { IconDownload } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ComparedFile, DeployLine } from '../../../server/contract/deploy.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Chip } from '../../ui/chip.tsx';
import { cn } from '../../ui/cn.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { ScrollBox } from '../../ui/scroll-box.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import { downloadText } from './use-deploy.ts';

const tones = { new: 'ok', changed: 'accent', removed: 'bad', same: 'idle' } as const;

/** Every file, one at a time, beside what the last export had in its place. */
export function FilesCard({ files, isFirst }: { files: readonly ComparedFile[]; isFirst: boolean }) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState('');
  const file = files.find(({ path }) => path === chosen) ?? files[0];
  if (file === undefined) return null;
  return (
    <Card>
      <div className="flex overflow-x-auto border-line-soft border-b px-3.5 py-2.5">
        <Segmented
          label={t('deploy.files')}
          value={file.path}
          onChange={setChosen}
          segments={files.map(({ path, change }) => ({
            value: path,
            label: change === 'same' || isFirst ? path : `${path} · ${t(`deploy.change.${change}`)}`,
          }))}
        />
      </div>
      <OneFile key={file.path} file={file} isFirst={isFirst} />
    </Card>
  );
}

function OneFile({ file, isFirst }: { file: ComparedFile; isFirst: boolean }) {
  const { t } = useTranslation();
  const { path, content, change, added, removed } = file;
  const [showsAll, setShowsAll] = useState(false);
  const lines = change === 'changed' && !showsAll && file.lines ? file.lines : plain(content, change);
  return (
    <>
      <div className="flex flex-wrap items-center gap-2 px-3.5 py-2">
        <span className="mono min-w-0 [overflow-wrap:anywhere]">{path}</span>
        {!isFirst && <Chip tone={tones[change]}>{t(`deploy.change.${change}`)}</Chip>}
        {change === 'changed' && (
          <span className="tabular text-dim text-small">{t('deploy.lines', { added, removed })}</span>
        )}
        <span className="ml-auto flex flex-wrap items-center gap-2">
          {change === 'changed' && (
            <Segmented
              label={t('deploy.view.label')}
              value={showsAll ? 'all' : 'changes'}
              onChange={(view) => setShowsAll(view === 'all')}
              segments={[
                { value: 'changes', label: t('deploy.view.changes') },
                { value: 'all', label: t('deploy.view.all') },
              ]}
            />
          )}
          {change !== 'removed' && (
            <>
              <CopyButton text={content} label={t('deploy.copy', { path })}>
                {t('deploy.copyOne')}
              </CopyButton>
              <Button
                size="small"
                aria-label={t('deploy.download', { path })}
                onClick={() => downloadText(path, content)}
              >
                <IconDownload size={15} stroke={1.5} aria-hidden />
                {t('deploy.downloadOne')}
              </Button>
            </>
          )}
        </span>
      </div>
      <ScrollBox
        label={path}
        className="max-h-[65vh] overflow-auto rounded-b-[10px] border-line-soft border-t bg-code py-2"
      >
        <pre className="mono w-max min-w-full">
          {lines.map((line, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines of one text have no other name, and all change at once.
            <Line key={at} line={line} />
          ))}
        </pre>
      </ScrollBox>
    </>
  );
}

function Line({ line: { kind, text } }: { line: DeployLine }) {
  return (
    <span
      className={cn('block px-3.5', kind === 'added' && 'bg-ok-bg text-ok', kind === 'removed' && 'bg-bad-bg text-bad')}
    >
      {kind === 'same' ? '  ' : kind === 'added' ? '+ ' : '− '}
      {text}
      {'\n'}
    </span>
  );
}

function plain(content: string, change: ComparedFile['change']): DeployLine[] {
  const kind = change === 'removed' ? 'removed' : 'same';
  return content
    .replace(/\n$/, '')
    .split('\n')
    .map((text) => ({ kind, text }));
}
