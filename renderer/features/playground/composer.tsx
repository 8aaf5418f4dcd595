import { IconPaperclip, IconPlayerStopFilled, IconSend2 } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { type KeyboardEvent, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { useKnown } from '../../api/live-context.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useFormat } from '../../i18n/format.ts';
import { Button } from '../../ui/button.tsx';
import { showFault } from '../../ui/toast.tsx';
import { newSession, useChats } from './chat-store.ts';
import { FileChips } from './file-chips.tsx';
import { ModelPicker } from './model-picker.tsx';
import type { Attach } from './use-attach.ts';
import { usePastPrompts } from './use-past-prompts.ts';

interface Props {
  sessionId: string;
  isRunning: boolean;
  runId: string | undefined;
  attach: Attach;
  /** Opens the chooser of files. */
  onChoose(): void;
  onSend(message: string): void;
}

export function Composer({ sessionId, isRunning, runId, attach, onChoose, onSend }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const field = useRef<HTMLTextAreaElement>(null);
  const draft = useChats((store) => store.drafts[sessionId] ?? '');
  const setDraft = useChats((store) => store.setDraft);
  const isUp = useKnown(({ server: { phase } }) => phase === 'ready' || phase === 'degraded');
  const error = useChats((store) => (sessionId === newSession ? store.chats[sessionId]?.error : undefined));
  const faultText = useFaultText();
  const { stop, isStopping } = useStop(runId, isRunning);
  const canSend = isUp && !isRunning && draft.trim() !== '';
  const send = () => {
    if (!canSend) return;
    onSend(draft.trim());
    field.current?.focus();
  };
  const onPastPrompt = usePastPrompts(sessionId, draft);
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    onPastPrompt(event);
    // While an input method composes, Enter picks its words.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    send();
  };
  return (
    <div className="px-6 pt-2 pb-4">
      <div className="mx-auto max-w-195">
        {error && (
          <p role="alert" className="mb-2 text-bad">
            {faultText(error)}
          </p>
        )}
        {attach.faults.length > 0 && (
          <ul role="alert" className="mb-2 text-bad text-small">
            {attach.faults.map((fault) => (
              <li key={fault}>{fault}</li>
            ))}
          </ul>
        )}
        <div className="rounded-[11px] border border-line bg-panel shadow-card focus-within:border-accent">
          {attach.files.length > 0 && (
            <FileChips
              files={attach.files.map(({ name, size }) => ({ name, sizeBytes: size }))}
              onRemove={attach.remove}
              className="px-3 pt-2.5"
            />
          )}
          <textarea
            ref={field}
            rows={1}
            aria-label={t('playground.composer.label')}
            placeholder={t('playground.composer.placeholder')}
            title={t('playground.composer.hint')}
            value={draft}
            onChange={(event) => setDraft(sessionId, event.target.value)}
            onKeyDown={onKeyDown}
            onPaste={attach.onPaste}
            className="field-sizing-content block max-h-[184px] min-h-11 w-full resize-none bg-transparent px-3.5 pt-3 pb-1 outline-none"
          />
          <div className="flex flex-wrap items-center gap-2 px-2 pb-2">
            <Button
              look="quiet"
              size="iconSmall"
              aria-label={t('playground.files.attach')}
              title={t('playground.files.hint', { limit: format.bytes(attach.maxBytes), count: attach.maxCount })}
              disabled={attach.files.length >= attach.maxCount}
              onClick={onChoose}
            >
              <IconPaperclip size={16} stroke={1.5} aria-hidden />
            </Button>
            <ModelPicker />
            <span className="ml-auto" />
            {isRunning ? (
              <Button look="danger" disabled={isStopping} onClick={stop}>
                <IconPlayerStopFilled size={14} aria-hidden />
                {isStopping ? t('playground.composer.stopping') : t('playground.composer.stop')}
              </Button>
            ) : (
              <Button look="primary" disabled={!canSend} onClick={send}>
                <IconSend2 size={15} stroke={1.5} aria-hidden />
                {t('playground.composer.send')}
              </Button>
            )}
          </div>
        </div>
      </div>
    </div>
  );
}

/** Ends the run; Esc does too, unless it is busy closing a dialog, a menu or an input method's list. */
function useStop(runId: string | undefined, isRunning: boolean) {
  const faultText = useFaultText();
  const { mutate, isPending, isSuccess, variables } = useMutation({
    mutationFn: (id: string) => answer(api.runs[':runId'].abort.$post({ param: { runId: id } })),
    onError: (error) => showFault(faultText(error)),
  });
  useEffect(() => {
    if (!isRunning || runId === undefined) return;
    const onKeyDown = (event: globalThis.KeyboardEvent) => {
      const isElsewhere = document.querySelector(
        '[role="dialog"], [role="alertdialog"], [role="menu"], [role="listbox"]',
      );
      if (event.key !== 'Escape' || event.isComposing || event.defaultPrevented || isElsewhere) return;
      mutate(runId);
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [isRunning, runId, mutate]);
  return {
    stop: () => runId !== undefined && mutate(runId),
    isStopping: isPending || (isSuccess && variables === runId),
  };
}
