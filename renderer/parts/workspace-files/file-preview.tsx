import { IconDownload, IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { errorOf, toApiError } from '../../api/api-error.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useFormat } from '../../i18n/format.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { ScrollBox } from '../../ui/scroll-box.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { download, nameOf, type WorkspaceOwner, workspaceHref } from './file-links.ts';

const maxShownBytes = 512 * 1024;
const imageTypes: Record<string, string> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
};

type Preview = { kind: 'text'; text: string } | { kind: 'image'; url: string } | { kind: 'binary' } | { kind: 'large' };

/** Text as text and pictures as pictures; nothing of it is ever run. */
export function FilePreview({ owner, path, onClose }: { owner: WorkspaceOwner; path: string; onClose(): void }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const name = nameOf(path);
  const href = workspaceHref(owner, 'file', path);
  const { data, error, refetch } = useQuery({
    queryKey: ['workspace', owner.tenantId, owner.sessionId, 'preview', path],
    queryFn: ({ signal }) => load(href, name, signal),
  });
  return (
    <Card
      title={<span className="mono [overflow-wrap:anywhere]">{name}</span>}
      aside={
        <span className="flex gap-1">
          <Button
            size="iconSmall"
            look="quiet"
            aria-label={t('sandboxes.tools.files.download')}
            onClick={() => download(href)}
          >
            <IconDownload size={15} stroke={1.5} aria-hidden />
          </Button>
          <Button size="iconSmall" look="quiet" aria-label={t('sandboxes.tools.files.closePreview')} onClick={onClose}>
            <IconX size={15} stroke={1.5} aria-hidden />
          </Button>
        </span>
      }
      className="self-start"
    >
      {error ? (
        <ErrorState message={faultText(error)} code={toApiError(error).code} onRetry={() => void refetch()} />
      ) : data ? (
        <Content preview={data} name={name} />
      ) : (
        <SkeletonRows rows={2} />
      )}
    </Card>
  );
}

function Content({ preview, name }: { preview: Preview; name: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const label = t('sandboxes.tools.files.preview', { name });
  if (preview.kind === 'binary') return <EmptyState>{t('sandboxes.tools.files.binary')}</EmptyState>;
  if (preview.kind === 'large')
    return <EmptyState>{t('sandboxes.tools.files.large', { limit: format.bytes(maxShownBytes) })}</EmptyState>;
  if (preview.kind === 'image')
    return <img src={preview.url} alt={label} className="mx-auto max-h-120 max-w-full p-3" />;
  return (
    <ScrollBox label={label} className="max-h-[60vh] overflow-auto">
      <pre className="mono px-3.5 py-3">{preview.text}</pre>
    </ScrollBox>
  );
}

async function load(href: string, name: string, signal: AbortSignal): Promise<Preview> {
  const response = await fetch(href, { signal });
  if (!response.ok) throw await errorOf(response);
  if (Number(response.headers.get('Content-Length') ?? 0) > maxShownBytes) {
    await response.body?.cancel();
    return { kind: 'large' };
  }
  const bytes = new Uint8Array(await response.arrayBuffer());
  const type = imageTypes[name.slice(name.lastIndexOf('.') + 1).toLowerCase()];
  if (type !== undefined) return { kind: 'image', url: await dataUrl(new Blob([bytes], { type })) };
  if (bytes.includes(0)) return { kind: 'binary' };
  try {
    return { kind: 'text', text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { kind: 'binary' };
  }
}

function dataUrl(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}
