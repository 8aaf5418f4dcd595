import { IconHistory, IconListDetails, IconTerminal2, IconTimeline } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import type { SessionKey } from '../../../server/contract/ids.ts';
import { curlCommand } from '../../api/curl.ts';
import { logsHref, traceHref } from '../../api/links.ts';
import { useKnown } from '../../api/live-context.ts';
import { useNeedsToken } from '../../api/use-secrets.ts';
import { useFormat } from '../../i18n/format.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { Chip } from '../../ui/chip.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { PageHead } from '../../ui/page-head.tsx';
import { type Chat, newSession, useChats } from './chat-store.ts';
import { SessionList } from './session-list.tsx';
import { useModels } from './use-models.ts';
import { useSessions } from './use-sessions.ts';

export function ChatHead({ sessionKey, chat }: { sessionKey: SessionKey; chat: Chat | undefined }) {
  const { t } = useTranslation();
  const { sessionId } = sessionKey;
  const [isListOpen, setListOpen] = useState(false);
  const { data } = useSessions();
  const session = data?.pages.flatMap((page) => page.sessions).find((each) => each.sessionId === sessionId);
  const said = chat?.transcript.entries.find((entry) => entry.kind === 'user')?.text.split('\n')[0];
  const title = sessionId === newSession ? t('playground.newSession') : session?.title || said || sessionId;
  const { nextModel } = useModels();
  const model = sessionId === newSession ? nextModel : chat?.transcript.model;
  return (
    <div className="border-line border-b bg-panel px-6 pt-4 [&>div]:mb-3">
      <PageHead
        title={title}
        sub={
          <span className="flex min-h-5 flex-wrap items-center gap-x-2 gap-y-1 text-small">
            {sessionId !== newSession && <span className="mono">{sessionId}</span>}
            {model !== undefined && <span className="mono">{model}</span>}
            {model?.startsWith('demo') && <Chip tone="accent">{t('playground.demo')}</Chip>}
            {session && <SessionTotals tokens={session.usage.totalTokens} cost={session.usage.cost} />}
          </span>
        }
        actions={
          <>
            <CopyCurl sessionId={sessionId} chat={chat} />
            {sessionId !== newSession && (
              <Link href={traceHref(sessionKey, chat?.transcript.runId)} className={buttonClass({ size: 'small' })}>
                <IconTimeline size={15} stroke={1.5} aria-hidden />
                {t('playground.head.trace')}
              </Link>
            )}
            {sessionId !== newSession && (
              <Link href={logsHref({ sessionId })} className={buttonClass({ size: 'small' })}>
                <IconListDetails size={15} stroke={1.5} aria-hidden />
                {t('playground.head.logs')}
              </Link>
            )}
            <Button size="small" className="wide:hidden" onClick={() => setListOpen(true)}>
              <IconHistory size={15} stroke={1.5} aria-hidden />
              {t('playground.sessions.show')}
            </Button>
          </>
        }
      />
      <Dialog open={isListOpen} onClose={() => setListOpen(false)} title={t('playground.sessions.title')}>
        <SessionList current={sessionId} onOpen={() => setListOpen(false)} />
      </Dialog>
    </div>
  );
}

function SessionTotals({ tokens, cost }: { tokens: number; cost: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <span className="tabular">
      {t('playground.head.tokens', { tokens: format.compact(tokens) })} · {format.money(cost)}
    </span>
  );
}

/** The last question of the session, or the one that is being written, as a request of one's own. */
function CopyCurl({ sessionId, chat }: { sessionId: string; chat: Chat | undefined }) {
  const { t } = useTranslation();
  const address = useKnown((live) => live.server.address);
  const needsToken = useNeedsToken();
  const { agentId, model } = useChats();
  const draft = useChats((store) => store.drafts[sessionId]);
  const files = useChats((store) => store.files[sessionId]);
  if (address === undefined) return null;
  const said = chat?.transcript.entries.findLast((entry) => entry.kind === 'user')?.text;
  const text = () =>
    curlCommand({
      address,
      needsToken,
      ...(files && files.length > 0 && { files: files.map(({ name }) => name) }),
      body: {
        message: draft || said || 'Hello',
        ...(sessionId !== newSession && { sessionId }),
        ...(agentId !== undefined && { agentId }),
        ...(model !== undefined && { model }),
      },
    });
  return (
    <CopyButton
      text={text}
      label={t('playground.head.copyCurl')}
      icon={<IconTerminal2 size={15} stroke={1.5} aria-hidden />}
    >
      {t('playground.head.copyCurl')}
    </CopyButton>
  );
}
