import { type ReactNode, useEffect, useRef } from 'react';

const openDialog = ':is([role=dialog], [role=alertdialog]):not([data-closed])';

/** What may need more than its two lines. */
const longTitle = 60;

interface Props {
  /** What is true now. */
  title: string;
  /** The title is what somebody named something: not words, so nothing to translate. */
  isName?: boolean;
  sub?: ReactNode;
  actions?: ReactNode;
}

/**
 * Takes the focus when its page opens, so that a keyboard or a reader starts at the top of what changed; but never
 * from a dialog, where somebody may be typing while the page behind it still loads.
 */
export function PageHead({ title, isName = false, sub, actions }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (!document.activeElement?.closest(openDialog)) heading.current?.focus({ preventScroll: true });
  }, []);
  useEffect(() => {
    document.title = `${title} – Agentrail Console`;
  }, [title]);
  return (
    <div className="mb-4 flex flex-wrap items-start gap-x-2 gap-y-3">
      <div className="min-w-0 flex-1 basis-80">
        <h1
          ref={heading}
          tabIndex={-1}
          dir="auto"
          translate={isName ? 'no' : undefined}
          title={title.length > longTitle ? title : undefined}
          className="line-clamp-2 w-fit font-title text-title tracking-[-0.015em] outline-none [overflow-wrap:anywhere]"
        >
          {title}
        </h1>
        {sub !== undefined && <div className="mt-px text-dim">{sub}</div>}
      </div>
      {actions !== undefined && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
    </div>
  );
}
