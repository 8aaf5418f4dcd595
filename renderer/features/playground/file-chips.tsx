import { IconFile, IconPhoto, IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../../i18n/format.ts';
import { cn } from '../../ui/cn.ts';
import type { AttachedFile } from './attached.ts';

interface Props {
  files: readonly AttachedFile[];
  className?: string;
  /** Absent: they were sent. */
  onRemove?: (place: number) => void;
}

const isPicture = (name: string) => /\.(png|jpe?g|gif|webp)$/i.test(name);

/** The files of a message, each with its size. */
export function FileChips({ files, className, onRemove }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <ul aria-label={t('playground.files.list')} className={cn('flex flex-wrap gap-1.5', className)}>
      {files.map(({ name, sizeBytes }, place) => {
        const Icon = isPicture(name) ? IconPhoto : IconFile;
        return (
          <li
            // biome-ignore lint/suspicious/noArrayIndexKey: two files may have one name; their place tells them apart.
            key={`${place} ${name}`}
            className="flex h-6 max-w-72 items-center gap-1.5 rounded-[6px] border border-line bg-panel px-1.5 text-small text-text"
          >
            <Icon size={14} stroke={1.5} aria-hidden className="shrink-0 text-dim" />
            <span className="truncate">{name}</span>
            <span className="tabular shrink-0 text-dim">{format.bytes(sizeBytes)}</span>
            {onRemove && (
              <button
                type="button"
                aria-label={t('playground.files.remove', { name })}
                onClick={() => onRemove(place)}
                className="grid size-4 shrink-0 place-items-center rounded-[4px] text-dim hover:bg-hover hover:text-text"
              >
                <IconX size={12} stroke={2} aria-hidden />
              </button>
            )}
          </li>
        );
      })}
    </ul>
  );
}
