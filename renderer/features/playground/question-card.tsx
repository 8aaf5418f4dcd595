import { type KeyboardEvent, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { UserQuestion } from '../../../server/contract/permissions.ts';
import { Button } from '../../ui/button.tsx';
import { Checkbox } from '../../ui/checkbox.tsx';
import { useRespond } from './use-respond.ts';

/** One option answers at once; several are ticked and sent together, with words of one's own where they are welcome. */
export function QuestionCard({ question: asked }: { question: UserQuestion }) {
  const { t } = useTranslation();
  const title = useId();
  const { respond, isBusy } = useRespond();
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [own, setOwn] = useState('');
  const { toolCallId, question, hint, options = [], multiple = false, custom = true, agent } = asked;
  const takesText = options.length === 0 || custom;
  const answers = [...chosen, ...(own.trim() === '' ? [] : [own.trim()])];
  const canSend = !isBusy && answers.length > 0;
  const send = (given: readonly string[]) => {
    const [only = ''] = given;
    respond({ kind: 'question', answer: given.length > 1 ? [...given] : only, toolCallId });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // While an input method composes, Enter picks its words.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    if (canSend) send(answers);
  };
  const toggle = (label: string) => (isOn: boolean) =>
    setChosen(isOn ? [...chosen, label] : chosen.filter((each) => each !== label));
  return (
    <fieldset aria-labelledby={title} className="border-line-soft border-t bg-accent-bg px-3 py-2.5">
      <p id={title} role="status" className="whitespace-pre-wrap [overflow-wrap:anywhere]">
        <span className="sr-only">
          {agent ? t('playground.request.questionOf', { agent: agent.name }) : t('playground.request.question')}:{' '}
        </span>
        <span className="font-semibold">{question}</span>
      </p>
      {hint !== undefined && <p className="text-dim text-small [overflow-wrap:anywhere]">{hint}</p>}
      {multiple && options.length > 0 && <p className="text-dim text-small">{t('playground.request.several')}</p>}
      <div className="grid gap-1.5 pt-2 empty:hidden">
        {options.map(({ label, description }) => (
          <div key={label} className="flex items-start gap-2.5">
            {multiple ? (
              <span className="flex items-center gap-2 py-1">
                <Checkbox label={label} checked={chosen.includes(label)} onChange={toggle(label)} />
                <span aria-hidden>{label}</span>
              </span>
            ) : (
              <Button
                disabled={isBusy}
                className="h-auto min-h-[30px] shrink whitespace-normal py-1 text-left"
                onClick={() => send([label])}
              >
                {label}
              </Button>
            )}
            {description !== undefined && <span className="min-w-0 py-1 text-dim text-small">{description}</span>}
          </div>
        ))}
      </div>
      {takesText && (
        <textarea
          rows={1}
          aria-label={t('playground.request.own')}
          placeholder={t('playground.request.own')}
          value={own}
          onChange={(event) => setOwn(event.target.value)}
          onKeyDown={onKeyDown}
          className="field-sizing-content mt-2 block max-h-40 min-h-[34px] w-full resize-none rounded-[7px] border border-line bg-panel px-2.5 py-1.5"
        />
      )}
      {(takesText || multiple) && (
        <Button look="primary" className="mt-2" disabled={!canSend} onClick={() => send(answers)}>
          {t('playground.request.answer')}
        </Button>
      )}
    </fieldset>
  );
}
