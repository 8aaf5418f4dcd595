import { type DragEvent, type ReactNode, useRef, useState } from 'react';
import { cn } from '../ui/cn.ts';

interface Props {
  /** Of the hidden chooser; the button that opens it is the visible way. */
  label: string;
  accept?: string;
  multiple?: boolean;
  disabled?: boolean;
  onFiles(files: File[]): void;
  className?: string;
  children(choose: () => void): ReactNode;
}

/** Takes files by a chooser, which `children` open, and by dropping. Dropped text and links are left alone. */
export function DropFiles({ label, accept, multiple = false, disabled = false, onFiles, className, children }: Props) {
  const chooser = useRef<HTMLInputElement>(null);
  /** Children of the area tell of the drag as well: only the last one that is left is an end. */
  const [depth, setDepth] = useState(0);
  const holdsFiles = (event: DragEvent) => !disabled && event.dataTransfer.types.includes('Files');
  const take = (files: Iterable<File> | null) => {
    const taken = [...(files ?? [])];
    if (taken.length > 0) onFiles(multiple ? taken : taken.slice(0, 1));
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is one more way to do what the button does.
    <div
      className={cn('relative', className, depth > 0 && 'outline-2 outline-accent outline-offset-[-2px]')}
      onDragEnter={(event) => holdsFiles(event) && setDepth((now) => now + 1)}
      onDragLeave={(event) => holdsFiles(event) && setDepth((now) => Math.max(0, now - 1))}
      onDragOver={(event) => holdsFiles(event) && event.preventDefault()}
      onDrop={(event) => {
        setDepth(0);
        if (!holdsFiles(event)) return;
        event.preventDefault();
        take(event.dataTransfer.files);
      }}
    >
      {children(() => chooser.current?.click())}
      <input
        ref={chooser}
        type="file"
        hidden
        aria-label={label}
        multiple={multiple}
        {...(accept !== undefined && { accept })}
        onChange={(event) => {
          const files = [...(event.target.files ?? [])];
          event.target.value = '';
          take(files);
        }}
      />
    </div>
  );
}
