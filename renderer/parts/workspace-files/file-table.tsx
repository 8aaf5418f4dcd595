import { IconDots, IconFile, IconFolder, IconLink } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { FileEntry, FolderListing } from '../../../server/contract/workspace-files.ts';
import { useFormat } from '../../i18n/format.ts';
import { Menu } from '../../ui/menu.tsx';
import { Cell, HeadCell, Row, Table } from '../../ui/table.tsx';
import { useNow } from '../../ui/use-now.ts';
import { joinPath } from './file-links.ts';

interface Props {
  listing: FolderListing;
  shown: string | undefined;
  onOpen(entry: FileEntry): void;
  onDownload(entry: FileEntry): void;
  onWish(kind: 'rename' | 'remove', entry: FileEntry): void;
}

const icons = { directory: IconFolder, file: IconFile, symlink: IconLink, other: IconFile };
const order = { directory: 0, file: 1, symlink: 1, other: 1 };

export function FileTable({ listing, shown, onOpen, onDownload, onWish }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(10_000);
  const sorted = listing.entries.toSorted((a, b) => order[a.type] - order[b.type] || a.name.localeCompare(b.name));
  const path = listing.path === '' ? t('sandboxes.tools.files.workspace') : listing.path;
  return (
    <Table label={t('sandboxes.tools.files.table', { path })}>
      <thead>
        <tr>
          <HeadCell className="w-full">{t('sandboxes.tools.files.name')}</HeadCell>
          <HeadCell className="text-right">{t('sandboxes.tools.files.size')}</HeadCell>
          <HeadCell>{t('sandboxes.tools.files.modified')}</HeadCell>
          <HeadCell>
            <span className="sr-only">{t('sandboxes.tools.files.actions')}</span>
          </HeadCell>
        </tr>
      </thead>
      <tbody>
        {sorted.map((entry) => {
          const Icon = icons[entry.type];
          const canOpen = entry.type === 'directory' || entry.type === 'file';
          const name = (
            <>
              <Icon size={16} stroke={1.5} aria-hidden className="shrink-0 text-dim" />
              <span className="mono truncate">{entry.name}</span>
              {!canOpen && (
                <span className="text-faint text-small">{t(`sandboxes.tools.files.types.${entry.type}`)}</span>
              )}
            </>
          );
          return (
            <Row key={entry.name} selected={shown === joinPath(listing.path, entry.name)}>
              <Cell className="max-w-0">
                {canOpen ? (
                  <button
                    type="button"
                    className="flex max-w-full items-center gap-2 rounded-[5px] hover:text-accent hover:underline"
                    onClick={() => onOpen(entry)}
                  >
                    {name}
                  </button>
                ) : (
                  <span className="flex items-center gap-2">{name}</span>
                )}
              </Cell>
              <Cell className="text-right">
                {entry.type === 'file' ? format.bytes(entry.sizeBytes) : t('common.none')}
              </Cell>
              <Cell className="text-dim">{format.relative(Math.min(entry.modifiedAt, now), now)}</Cell>
              <Cell className="pl-0 text-right">
                <Menu
                  label={t('sandboxes.tools.files.menu', { name: entry.name })}
                  trigger={<IconDots size={16} stroke={1.5} aria-hidden />}
                  actions={[
                    ...(canOpen
                      ? [{ label: t('sandboxes.tools.files.download'), onSelect: () => onDownload(entry) }]
                      : []),
                    { label: t('sandboxes.tools.files.rename'), onSelect: () => onWish('rename', entry) },
                    { label: t('sandboxes.tools.files.remove'), danger: true, onSelect: () => onWish('remove', entry) },
                  ]}
                />
              </Cell>
            </Row>
          );
        })}
      </tbody>
    </Table>
  );
}
