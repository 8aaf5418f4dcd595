import { IconFolderPlus, IconUpload } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type DragEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'wouter';
import { toApiError } from '../../api/api-error.ts';
import { answer, api } from '../../api/client.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { Button } from '../../ui/button.tsx';
import { cardClass } from '../../ui/card.tsx';
import { cn } from '../../ui/cn.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { showFault } from '../../ui/toast.tsx';
import { ChangesView } from './changes-view.tsx';
import { FileDialogs, type FileWish } from './file-dialogs.tsx';
import { download, joinPath, type WorkspaceOwner, workspaceHref } from './file-links.ts';
import { FilePreview } from './file-preview.tsx';
import { FileTable } from './file-table.tsx';
import { PathLine } from './path-line.tsx';
import { uploadFile } from './upload-file.ts';
import { useWorkspaceNews } from './use-workspace-news.ts';

/** The workspace of a session: browse it, or see what changed. The folder is part of the address. */
export function FilesTab({ owner }: { owner: WorkspaceOwner }) {
  const { t } = useTranslation();
  const [search, setSearch] = useSearchParams();
  useWorkspaceNews(owner);
  const view = search.get('view') === 'changes' ? 'changes' : 'browse';
  const folder = search.get('folder') ?? '';
  const go = (part: Record<string, string>) => {
    const next = new URLSearchParams(Object.entries(part).filter(([, value]) => value !== ''));
    next.set('tab', 'files');
    setSearch(next);
  };
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <Segmented<'browse' | 'changes'>
          label={t('sandboxes.tools.files.show')}
          value={view}
          onChange={(next) => go({ view: next === 'changes' ? 'changes' : '' })}
          segments={(['browse', 'changes'] as const).map((value) => ({
            value,
            label: t(`sandboxes.tools.files.${value}`),
          }))}
        />
        {view === 'browse' && <PathLine folder={folder} onOpen={(next) => go({ folder: next })} />}
      </div>
      {view === 'changes' ? (
        <ChangesView owner={owner} />
      ) : (
        <Browse key={folder} owner={owner} folder={folder} onOpen={(next) => go({ folder: next })} />
      )}
    </>
  );
}

function Browse({ owner, folder, onOpen }: { owner: WorkspaceOwner; folder: string; onOpen(folder: string): void }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const queries = useQueryClient();
  const { tenantId, sessionId } = owner;
  const [wish, setWish] = useState<FileWish>();
  const [shown, setShown] = useState<string>();
  const [sending, setSending] = useState<string>();
  const [isOver, setOver] = useState(false);
  const param = { tenantId, sessionId };
  const { data, error, refetch } = useQuery({
    queryKey: ['workspace', tenantId, sessionId, 'files', folder],
    queryFn: () => answer(api.workspaces[':tenantId'][':sessionId'].files.$get({ param, query: { path: folder } })),
  });
  const refresh = () => queries.invalidateQueries({ queryKey: ['workspace', tenantId, sessionId] });

  const upload = async (files: readonly File[]) => {
    const never = new AbortController().signal;
    try {
      for (const file of files) {
        setSending(file.name);
        await uploadFile(owner, folder, file, never);
      }
    } catch (fault) {
      showFault(faultText(fault));
    } finally {
      setSending(undefined);
      await refresh();
    }
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    void upload([...event.dataTransfer.files]);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is one more way to do what the button does.
    <div
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <Button
          size="small"
          disabled={sending !== undefined}
          onClick={() => chooseFiles((files) => void upload(files))}
        >
          <IconUpload size={15} stroke={1.5} aria-hidden />
          {sending === undefined
            ? t('sandboxes.tools.files.upload')
            : t('sandboxes.tools.files.uploading', { name: sending })}
        </Button>
        <Button size="small" onClick={() => setWish({ kind: 'folder', folder })}>
          <IconFolderPlus size={15} stroke={1.5} aria-hidden />
          {t('sandboxes.tools.files.newFolder')}
        </Button>
        <Button size="small" onClick={() => download(workspaceHref(owner, 'zip', folder))}>
          {t('sandboxes.tools.files.zip')}
        </Button>
        <span className="text-dim text-small">{t('sandboxes.tools.files.dropHere')}</span>
      </div>
      {data?.from === 'folder' && <Notice tone="accent">{t('sandboxes.tools.files.fromFolder')}</Notice>}
      {data?.hasMore && <Notice tone="warn">{t('sandboxes.tools.files.more')}</Notice>}
      <div className={cn('grid gap-3.5', shown !== undefined && 'roomy:grid-cols-2')}>
        <div className={cn(cardClass, 'min-w-0 self-start', isOver && 'outline-2 outline-accent')}>
          {error ? (
            <ErrorState message={faultText(error)} code={toApiError(error).code} onRetry={() => void refetch()} />
          ) : !data ? (
            <SkeletonRows />
          ) : data.entries.length === 0 ? (
            <EmptyState>{t('sandboxes.tools.files.empty')}</EmptyState>
          ) : (
            <FileTable
              listing={data}
              shown={shown}
              onOpen={(entry) =>
                entry.type === 'directory'
                  ? onOpen(joinPath(folder, entry.name))
                  : setShown(joinPath(folder, entry.name))
              }
              onDownload={(entry) => {
                const part = entry.type === 'directory' ? 'zip' : 'file';
                download(workspaceHref(owner, part, joinPath(folder, entry.name)));
              }}
              onWish={(kind, entry) => setWish({ kind, path: joinPath(folder, entry.name) })}
            />
          )}
        </div>
        {shown !== undefined && <FilePreview owner={owner} path={shown} onClose={() => setShown(undefined)} />}
      </div>
      <FileDialogs
        owner={owner}
        wish={wish}
        onClose={() => setWish(undefined)}
        onDone={(path) => {
          if (path === shown) setShown(undefined);
          void refresh();
        }}
      />
    </div>
  );
}

/**
 * Asks the person for files. The element is beside the page: what is drawn anew while the dialog is open would take its
 * choice along, and one that is nowhere may be cleared away before it tells.
 */
function chooseFiles(onChosen: (files: File[]) => void): void {
  const input = Object.assign(document.createElement('input'), { type: 'file', multiple: true, hidden: true });
  input.addEventListener('change', () => {
    input.remove();
    onChosen([...(input.files ?? [])]);
  });
  input.addEventListener('cancel', () => input.remove());
  document.body.append(input);
  input.click();
}
