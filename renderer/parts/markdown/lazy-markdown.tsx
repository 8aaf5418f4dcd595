import { lazy, Suspense } from 'react';

const Markdown = lazy(() => import('./markdown.tsx'));

/** Markdown of a model; plain until the code for it is there. `isGrowing`: more of it may come. */
export function LazyMarkdown({ text, isGrowing = false }: { text: string; isGrowing?: boolean }) {
  return (
    <Suspense
      fallback={
        <p dir="auto" className="whitespace-pre-wrap [overflow-wrap:anywhere]">
          {text}
        </p>
      }
    >
      <Markdown text={text} isGrowing={isGrowing} />
    </Suspense>
  );
}
