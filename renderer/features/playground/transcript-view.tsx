import { IconArrowDown } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SessionKey } from '../../../server/contract/ids.ts';
import { Button } from '../../ui/button.tsx';
import { ScrollBox } from '../../ui/scroll-box.tsx';
import { AgentCard } from './agent-card.tsx';
import { AssistantMessageView } from './assistant-message.tsx';
import { type Chat, isActive } from './chat-store.ts';
import { FileChips } from './file-chips.tsx';
import { NoticeView } from './notice-view.tsx';
import { RequestOwner } from './request-owner.ts';
import { RunFooter } from './run-footer.tsx';
import type { Entry } from './transcript.ts';
import { useStickToEnd } from './use-stick-to-end.ts';

/** More are drawn when asked for. */
const shownAtFirst = 150;

export function TranscriptView({ chat, sessionKey }: { chat: Chat; sessionKey: SessionKey }) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(shownAtFirst);
  const { box, content, isAtEnd, toEnd } = useStickToEnd();
  const { entries, runId } = chat.transcript;
  const hidden = Math.max(0, entries.length - shown);
  const isRunning = isActive(chat);
  const last = entries.at(-1);
  const isSilent = isRunning && (last?.kind !== 'assistant' || (last.isOpen && last.parts.length === 0));
  return (
    <RequestOwner value={sessionKey}>
      <div className="relative min-h-0 flex-1">
        <ScrollBox
          ref={box}
          label={t('playground.transcript')}
          className="h-full overflow-y-auto px-6 py-5 outline-offset-[-2px]"
        >
          <div ref={content} className="mx-auto flex max-w-195 flex-col gap-3.5">
            {hidden > 0 && (
              <Button look="quiet" size="small" className="self-center" onClick={() => setShown(shown + shownAtFirst)}>
                {t('playground.earlier', { count: Math.min(hidden, shownAtFirst) })}
              </Button>
            )}
            {entries.slice(hidden).map((entry) => (
              <EntryView key={entry.id} entry={entry} />
            ))}
            {isSilent && (
              <p className="animate-[pulse-soft_1.4s_ease-in-out_infinite] text-dim">{t('playground.waiting')}</p>
            )}
            {!isRunning && runId !== undefined && <RunFooter transcript={chat.transcript} sessionKey={sessionKey} />}
          </div>
        </ScrollBox>
        {!isAtEnd && (
          <Button
            size="small"
            className="appear absolute bottom-2 left-1/2 -translate-x-1/2 shadow-pop"
            onClick={toEnd}
          >
            <IconArrowDown size={14} stroke={1.5} aria-hidden />
            {t('playground.latest')}
          </Button>
        )}
      </div>
    </RequestOwner>
  );
}

function EntryView({ entry }: { entry: Entry }) {
  const { t } = useTranslation();
  if (entry.kind === 'agent') return <AgentCard agent={entry} />;
  if (entry.kind === 'notice') return <NoticeView notice={entry.notice} />;
  if (entry.kind === 'assistant') return <AssistantMessageView entry={entry} />;
  return (
    <div className="max-w-[75%] self-end whitespace-pre-wrap rounded-[12px_12px_3px_12px] bg-accent-bg px-[13px] py-2 [overflow-wrap:anywhere]">
      <span className="sr-only">{t('playground.you')}: </span>
      <p dir="auto">{entry.text}</p>
      {entry.files && <FileChips files={entry.files} className="mt-1.5" />}
    </div>
  );
}
