import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Owner } from '../../../server/contract/ids.ts';
import type { UserMemory } from '../../../server/contract/memory.ts';
import { toApiError } from '../../api/api-error.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useFormat } from '../../i18n/format.ts';
import { Button } from '../../ui/button.tsx';
import { inputClass } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { useNow } from '../../ui/use-now.ts';
import { useMemoryAction } from './use-memory.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text).byteLength;

/** The text itself. What is being edited stays as the person has it, whatever is remembered meanwhile. */
export function MemoryText({ owner, memory }: { owner: Owner; memory: UserMemory }) {
  const { t } = useTranslation();
  const format = useFormat();
  const faultText = useFaultText();
  const now = useNow(30_000);
  const action = useMemoryAction(owner);
  const [draft, setDraft] = useState<{ text: string; revision: string }>();
  const text = draft?.text ?? memory.text;
  const isChanged = draft !== undefined && draft.text !== memory.text;
  const sizeBytes = bytesOf(text);
  const isLong = sizeBytes > memory.maxBytes;
  const wasEdited = isChanged && draft.revision !== memory.revision;
  const leave = () => {
    setDraft(undefined);
    action.reset();
  };
  const save = () => {
    if (!draft) return;
    action.mutate({ type: 'change', change: draft }, { onSuccess: leave });
  };
  const isConflict = wasEdited || (action.error !== null && toApiError(action.error).code === 'memory_changed');
  return (
    <>
      {action.error && !isConflict && (
        <Notice tone="bad" className="!mb-0">
          {faultText(action.error)}
        </Notice>
      )}
      {isConflict && (
        <Notice
          tone="warn"
          className="!mb-0"
          actions={
            <>
              <Button size="small" onClick={leave}>
                {t('memory.takeTheirs')}
              </Button>
              <Button
                size="small"
                onClick={() => {
                  if (draft) setDraft({ ...draft, revision: memory.revision });
                  action.reset();
                }}
              >
                {t('memory.keepMine')}
              </Button>
            </>
          }
        >
          {t('memory.changedMeanwhile')}
        </Notice>
      )}
      <textarea
        aria-label={t('memory.text')}
        aria-invalid={isLong}
        rows={12}
        spellCheck={false}
        value={text}
        placeholder={t('memory.nothing')}
        onChange={(event) => setDraft({ text: event.target.value, revision: draft?.revision ?? memory.revision })}
        className={`${inputClass} mono field-sizing-content !h-auto max-h-[50vh] min-h-48 w-full resize-y py-2`}
      />
      <div className="flex flex-wrap items-center gap-2">
        <span className={`tabular min-w-0 flex-1 text-small ${isLong ? 'text-bad' : 'text-dim'}`}>
          {t('memory.size', { size: format.bytes(sizeBytes), limit: format.bytes(memory.maxBytes) })}
          {memory.updatedAt !== undefined &&
            ` · ${t('memory.changed', { when: format.relative(Math.min(memory.updatedAt, now), now) })}`}
        </span>
        {isChanged && <Button onClick={leave}>{t('memory.discard')}</Button>}
        <Button look="primary" disabled={!isChanged || isLong || isConflict || action.isPending} onClick={save}>
          {t('common.save')}
        </Button>
      </div>
    </>
  );
}
