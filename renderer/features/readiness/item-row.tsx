import { IconDots } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ChecklistItem } from '../../../server/contract/checklist.ts';
import { useFormat } from '../../i18n/format.ts';
import { useServerText } from '../../i18n/use-server-text.ts';
import { Chip } from '../../ui/chip.tsx';
import { FoldButton } from '../../ui/fold-button.tsx';
import { Menu } from '../../ui/menu.tsx';
import { useNow } from '../../ui/use-now.ts';
import { FixButton } from './fix-button.tsx';
import { ItemEvidence } from './item-evidence.tsx';
import { needsFix, toneOf } from './shown.ts';
import { useChecklistChanges } from './use-checklist.ts';
import { anchorOf } from './use-linked-item.ts';
import { WaiveDialog } from './waive-dialog.tsx';

interface Props {
  item: ChecklistItem;
  isOpen: boolean;
  onToggle(): void;
  /** Something is being tested. */
  isBusy: boolean;
  /** This is. */
  isTesting: boolean;
  onTest(): void;
}

export function ItemRow({ item, isOpen, onToggle, isBusy, isTesting, onTest }: Props) {
  const { t } = useTranslation();
  const { endWaiver } = useChecklistChanges();
  const [isWaiving, setWaiving] = useState(false);
  const words = useItemWords(item);
  const { id, waiver } = item;
  const title = t(`readiness.items.${id}`);
  const actions = [
    { label: t('readiness.testAgain'), disabled: isBusy, onSelect: onTest },
    ...(needsFix(item) ? [{ label: t('readiness.waive'), disabled: isBusy, onSelect: () => setWaiving(true) }] : []),
    ...(waiver ? [{ label: t('readiness.endWaiver'), onSelect: () => void endWaiver(id).catch(() => undefined) }] : []),
  ];
  return (
    <li id={anchorOf(id)} className="border-line-soft border-b last:border-b-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2 px-3.5 py-[9px]">
        <FoldButton
          title={title}
          notes={[words.found, waiver && <WaiverLine key="waiver" item={item} />]}
          isOpen={isOpen}
          onToggle={onToggle}
          className="basis-72"
        />
        <span className="flex items-center justify-end gap-2">
          <Chip dot tone={isTesting || item.isWaived ? 'idle' : toneOf(item)}>
            {isTesting ? t('readiness.testingState') : words.state}
          </Chip>
          <FixButton item={item} isBusy={isBusy} onFixed={onTest} />
          <Menu
            label={t('readiness.more', { item: title })}
            trigger={<IconDots size={16} stroke={1.5} aria-hidden />}
            actions={actions}
          />
        </span>
      </div>
      {isOpen && <ItemEvidence item={item} title={title} />}
      <WaiveDialog open={isWaiving} onClose={() => setWaiving(false)} item={item} title={title} />
    </li>
  );
}

/** What was found, and in which state the item is. */
function useItemWords({ result, isWaived }: ChecklistItem): { found: string; state: string } {
  const { t } = useTranslation();
  const serverText = useServerText();
  if (!result) return { found: t('readiness.notTested'), state: t('readiness.untestedState') };
  // Which gaps there are depends on the sentence.
  const found = t(`readiness.found.${result.code}` as 'readiness.found.check_threw', {
    ...result.params,
    // The words of the server itself.
    reason: serverText(result.params.reason ?? ''),
    problem: serverText(result.params.problem ?? ''),
  });
  const state = t(`readiness.states.${result.state}`);
  return { found, state: isWaived ? t('readiness.waivedState', { state }) : state };
}

/** A waiver is always shown, also one that counts no more. */
function WaiverLine({ item }: { item: ChecklistItem }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(60_000);
  const { waiver, isWaived } = item;
  if (!waiver) return null;
  const words = { date: format.dateTime(waiver.expiresAt), reason: waiver.reason };
  if (isWaived) return t('readiness.waiver.counts', words);
  if (waiver.expiresAt <= now) return t('readiness.waiver.expired', words);
  if (!needsFix(item)) return t('readiness.waiver.idle', words);
  return t('readiness.waiver.worse', { ...words, state: t(`readiness.states.${waiver.state}`) });
}
