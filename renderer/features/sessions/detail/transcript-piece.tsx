import { IconChevronRight, IconGitFork } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { memo, type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SessionKey } from '../../../../server/contract/ids.ts';
import type { ToolCallBlock, ToolResultMessage } from '../../../../server/contract/messages.ts';
import type { CompactionMarker } from '../../../../server/contract/sessions.ts';
import { answer, api } from '../../../api/client.ts';
import { useFaultText } from '../../../api/use-fault-text.ts';
import { useFormat } from '../../../i18n/format.ts';
import { LazyMarkdown } from '../../../parts/markdown/lazy-markdown.tsx';
import { Button } from '../../../ui/button.tsx';
import { CopyButton } from '../../../ui/copy-button.tsx';
import { ScrollBox } from '../../../ui/scroll-box.tsx';
import { Skeleton } from '../../../ui/skeleton.tsx';
import { StateDot } from '../../../ui/state-dot.tsx';
import { itemsOf, type TranscriptItem, textOf } from './transcript-items.ts';

/** The beginning of a long output is what its search and its export are for. */
const longestOutput = 20_000;

interface Props {
  sessionKey: SessionKey;
  item: TranscriptItem;
  onFork?: ((messageCount: number) => void) | undefined;
}

export const TranscriptPiece = memo(function TranscriptPiece({ sessionKey, item, onFork }: Props) {
  const { t } = useTranslation();
  switch (item.kind) {
    case 'marker':
      return <Marker sessionKey={sessionKey} marker={item.marker} />;
    case 'result':
      return <ToolPiece name={item.message.toolName} result={item.message} />;
    case 'user':
      return (
        <Said
          by={t('sessions.transcript.user')}
          at={item.message.timestamp}
          copy={textOf(item.message)}
          // The history up to here ends with a whole answer; before the first message there is nothing to keep.
          {...(onFork && item.index > 0 && { onFork: () => onFork(item.index) })}
        >
          <div className="w-fit max-w-full rounded-[10px] bg-accent-bg px-3 py-2">
            <Prose text={textOf(item.message)} />
          </div>
        </Said>
      );
    case 'assistant':
      return (
        <Said by={item.message.model} at={item.message.timestamp} copy={textOf(item.message)}>
          {item.message.content.map((block, place) => {
            const key = `${item.index} ${place}`;
            if (block.type === 'text')
              return block.text.trim() === '' ? null : <LazyMarkdown key={key} text={block.text} />;
            if (block.type === 'thinking') return <Thought key={key} text={block.thinking} />;
            return <ToolPiece key={key} name={block.name} call={block} result={item.results.get(block.id)} />;
          })}
          {item.message.errorMessage !== undefined && <p className="text-bad">{item.message.errorMessage}</p>}
        </Said>
      );
  }
});

interface SaidProps {
  by: string;
  at: number;
  copy: string;
  onFork?: () => void;
  children: ReactNode;
}

function Said({ by, at, copy, onFork, children }: SaidProps) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <article aria-label={by} className="group flex min-w-0 flex-col gap-2">
      <div className="-mb-1 flex h-6 items-center gap-2 text-small">
        <span className="font-medium text-dim">{by}</span>
        <span className="tabular text-faint">{format.dateTime(at)}</span>
        <span className="ml-auto flex items-center opacity-0 transition-opacity group-focus-within:opacity-100 group-hover:opacity-100">
          {onFork && (
            <Button
              look="quiet"
              size="iconSmall"
              aria-label={t('sessions.forkHere')}
              title={t('sessions.forkHere')}
              onClick={onFork}
            >
              <IconGitFork size={14} stroke={1.5} aria-hidden />
            </Button>
          )}
          {copy !== '' && <CopyButton text={copy} label={t('sessions.transcript.copy')} />}
        </span>
      </div>
      {children}
    </article>
  );
}

function Prose({ text }: { text: string }) {
  if (text.trim() === '') return null;
  return (
    <p dir="auto" className="whitespace-pre-wrap [overflow-wrap:anywhere]">
      {text.trim()}
    </p>
  );
}

const summaryClass =
  'flex list-none items-center gap-1.5 rounded-[5px] hover:text-text [&::-webkit-details-marker]:hidden';

function Chevron() {
  return (
    <IconChevronRight
      size={14}
      stroke={1.5}
      aria-hidden
      className="shrink-0 transition-transform group-open/fold:rotate-90"
    />
  );
}

function Thought({ text }: { text: string }) {
  const { t } = useTranslation();
  if (text.trim() === '') return null;
  return (
    <details className="group/fold text-dim">
      <summary className={`${summaryClass} w-fit text-small`}>
        <Chevron />
        {t('sessions.transcript.thought')}
      </summary>
      <p className="mt-1.5 ml-1.5 whitespace-pre-wrap border-line border-l-2 pl-3 [overflow-wrap:anywhere]">{text}</p>
    </details>
  );
}

interface ToolProps {
  name: string;
  call?: ToolCallBlock;
  result?: ToolResultMessage | undefined;
}

function ToolPiece({ name, call, result }: ToolProps) {
  const { t } = useTranslation();
  const args = call ? Object.entries(call.arguments) : [];
  const first = args.find(([, value]) => typeof value === 'string')?.[1];
  const output = result ? textOf(result) : '';
  const tone = result === undefined ? 'idle' : result.isError ? 'bad' : 'ok';
  const word = t(`sessions.transcript.tool.${tone}`);
  return (
    <details className="group/fold min-w-0 overflow-hidden rounded-[9px] border border-line">
      <summary className={`${summaryClass} px-3 py-[7px]`}>
        <StateDot tone={tone} />
        <span className="font-semibold">{name}</span>
        <code className="mono min-w-0 flex-1 truncate text-dim">{String(first ?? '').split('\n')[0]}</code>
        <span className={result?.isError ? 'text-bad text-small' : 'text-dim text-small'}>{word}</span>
        <Chevron />
      </summary>
      {args.length > 0 && (
        <dl className="border-line-soft border-t px-3 py-2">
          {args.map(([key, value]) => (
            <div key={key} className="py-0.5">
              <dt className="text-dim text-small">{key}</dt>
              <dd className="mono whitespace-pre-wrap [overflow-wrap:anywhere]">
                {typeof value === 'string' ? value : JSON.stringify(value, null, 2)}
              </dd>
            </div>
          ))}
        </dl>
      )}
      <ScrollBox
        label={t('sessions.transcript.output', { tool: name })}
        className="mono max-h-96 overflow-auto whitespace-pre-wrap border-line-soft border-t bg-code px-3 py-2 outline-offset-[-2px] [overflow-wrap:anywhere]"
      >
        {output === '' ? t('sessions.transcript.noOutput') : output.slice(0, longestOutput)}
        {output.length > longestOutput && <p className="text-dim">{t('sessions.transcript.cut')}</p>}
      </ScrollBox>
    </details>
  );
}

/** Stands for messages that the model sees no more; they are fetched when a person wants to read them. */
function Marker({ sessionKey, marker }: { sessionKey: SessionKey; marker: CompactionMarker }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [isOpen, setOpen] = useState(false);
  return (
    <section className="my-2 rounded-[9px] border border-line border-dashed">
      <details className="group/fold" onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary className={`${summaryClass} px-3 py-2 text-dim`}>
          <Chevron />
          {t('sessions.transcript.compacted', { count: marker.compressedCount })}
          <span className="tabular ml-auto text-faint text-small">{format.dateTime(marker.timestamp)}</span>
        </summary>
        <div className="border-line-soft border-t px-3 py-2">
          <p className="text-dim text-small">{t('sessions.transcript.summary')}</p>
          <Prose text={marker.summary} />
        </div>
        {isOpen && <Archive sessionKey={sessionKey} archiveId={marker.archiveId} />}
      </details>
    </section>
  );
}

function Archive({ sessionKey, archiveId }: { sessionKey: SessionKey; archiveId: string }) {
  const faultText = useFaultText();
  const { data, error } = useQuery({
    queryKey: ['archive', sessionKey, archiveId],
    queryFn: () =>
      answer(
        api.sessions[':tenantId'][':userId'][':sessionId'].archives[':archiveId'].$get({
          param: { ...sessionKey, archiveId },
        }),
      ),
    // An archive never changes.
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (error) return <p className="px-3 pb-2 text-bad">{faultText(error)}</p>;
  if (!data) return <Skeleton className="mx-3 mb-3 h-10" />;
  return (
    <div className="flex flex-col gap-4 border-line-soft border-t px-3 py-3">
      {itemsOf(data.entries).map((item) => (
        <TranscriptPiece key={item.index} sessionKey={sessionKey} item={item} />
      ))}
    </div>
  );
}
