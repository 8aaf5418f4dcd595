import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import type { SessionKey } from '../../../server/contract/ids.ts';
import { useKnown } from '../../api/live-context.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { DropFiles } from '../../parts/drop-files.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { ChatHead } from './chat-head.tsx';
import { ChatNotices } from './chat-notices.tsx';
import { isActive, newSession, useChats } from './chat-store.ts';
import { Composer } from './composer.tsx';
import { EmptyChat } from './empty-chat.tsx';
import { TranscriptView } from './transcript-view.tsx';
import { useAttach } from './use-attach.ts';
import { useHandedPrompt } from './use-handed-prompt.ts';

export function ChatView({ sessionKey }: { sessionKey: SessionKey }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const [, navigate] = useLocation();
  const { tenantId, userId, sessionId } = sessionKey;
  const { open, reset, send } = useChats();
  const chat = useChats((store) => store.chats[sessionId]);
  const run = useKnown((live) =>
    live.runs.find((each) => each.sessionId === sessionId && each.tenantId === tenantId && each.status === 'running'),
  );
  const runId = run?.runId;
  const attach = useAttach(sessionId);
  const shown = useRef('');
  // biome-ignore lint/correctness/useExhaustiveDependencies: opens anew for another session or run, not for each change of the run.
  useEffect(() => {
    const isOther = shown.current !== sessionId;
    shown.current = sessionId;
    if (sessionId === newSession) reset();
    // A run that ended was seen to its end; a run that began elsewhere is followed.
    else if (isOther || run) void open({ tenantId, userId, sessionId }, run);
  }, [tenantId, userId, sessionId, runId]);

  const submit = (message: string) =>
    send(sessionKey, message, (begun) => {
      if (window.location.pathname === '/playground') navigate(`/playground/${begun}`, { replace: true });
    });
  useHandedPrompt(sessionId, submit);
  const entries = chat?.transcript.entries ?? [];
  const isLoading = sessionId !== newSession && (chat === undefined || chat.phase === 'loading');
  return (
    <DropFiles
      label={t('playground.files.attach')}
      multiple
      onFiles={attach.add}
      className="flex min-h-0 min-w-0 flex-col"
    >
      {(choose) => (
        <>
          <ChatHead sessionKey={sessionKey} chat={chat} />
          <ChatNotices chat={chat} />
          {isLoading && <LoadingChat label={t('playground.loading')} />}
          {!isLoading && entries.length === 0 && chat?.error && sessionId !== newSession && (
            <div className="grid flex-1 place-items-center">
              <ErrorState
                message={faultText(chat.error)}
                code={chat.error.code}
                onRetry={() => void open({ tenantId, userId, sessionId }, run)}
              />
            </div>
          )}
          {!isLoading && entries.length === 0 && (!chat?.error || sessionId === newSession) && (
            <EmptyChat onPick={submit} />
          )}
          {!isLoading && chat && entries.length > 0 && (
            <TranscriptView key={sessionId} chat={chat} sessionKey={sessionKey} />
          )}
          <Composer
            sessionId={sessionId}
            isRunning={isActive(chat)}
            runId={chat?.transcript.runId}
            attach={attach}
            onChoose={choose}
            onSend={submit}
          />
        </>
      )}
    </DropFiles>
  );
}

function LoadingChat({ label }: { label: string }) {
  return (
    <div
      role="status"
      aria-label={label}
      className="mx-auto grid w-full max-w-195 flex-1 content-start gap-4 px-6 pt-6"
    >
      <Skeleton className="ml-auto h-9 w-72" />
      <Skeleton className="w-96" />
      <Skeleton className="h-24" />
    </div>
  );
}
