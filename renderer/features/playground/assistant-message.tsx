import { IconChevronRight } from '@tabler/icons-react';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { LazyMarkdown } from '../../parts/markdown/lazy-markdown.tsx';
import { ToolCard } from './tool-card.tsx';
import type { AssistantEntry, Part, ThinkingPart } from './transcript.ts';

/** Entries never change in place, so what is the same was drawn already. */
export const AssistantMessageView = memo(function AssistantMessageView({ entry }: { entry: AssistantEntry }) {
  const { t } = useTranslation();
  return (
    <article aria-label={t('playground.agentSays')} className="flex min-w-0 flex-col gap-3.5">
      {entry.parts.map((part) => (
        <PartView key={part.index} part={part} isOpen={entry.isOpen} />
      ))}
      {entry.errorMessage !== undefined && <p className="text-bad">{entry.errorMessage}</p>}
    </article>
  );
});

const PartView = memo(function PartView({ part, isOpen }: { part: Part; isOpen: boolean }) {
  if (part.kind === 'tool') return <ToolCard tool={part} />;
  if (part.kind === 'thinking') return part.text === '' && !part.isOpen ? null : <Thinking part={part} />;
  if (part.text.trim() === '') return null;
  return <LazyMarkdown text={part.text} isGrowing={isOpen} />;
});

function Thinking({ part }: { part: ThinkingPart }) {
  const { t } = useTranslation();
  return (
    <details className="group text-dim">
      <summary className="flex w-fit list-none items-center gap-1 rounded-[5px] text-small hover:text-text [&::-webkit-details-marker]:hidden">
        <IconChevronRight size={14} stroke={1.5} aria-hidden className="transition-transform group-open:rotate-90" />
        <span className={part.isOpen ? 'animate-[pulse-soft_1.4s_ease-in-out_infinite]' : undefined}>
          {part.isOpen ? t('playground.thinking') : t('playground.thought')}
        </span>
      </summary>
      <p className="mt-1.5 ml-1.5 whitespace-pre-wrap border-line border-l-2 pl-3 [overflow-wrap:anywhere]">
        {part.text}
      </p>
    </details>
  );
}
