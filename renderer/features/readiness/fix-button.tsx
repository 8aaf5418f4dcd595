import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import type { ChecklistItem } from '../../../server/contract/checklist.ts';
import type { ChecklistFixCode } from '../../../server/contract/checklist-words.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { OriginsDialog } from './origins-dialog.tsx';
import { needsFix } from './shown.ts';
import { useChecklistChanges } from './use-checklist.ts';

type OpenCode = Extract<ChecklistFixCode, `open_${string}`>;

const pagePaths: Record<OpenCode, string> = {
  open_secrets: '/secrets',
  open_settings: '/settings',
  open_sandboxes: '/sandboxes',
  open_data: '/data',
  open_health: '/health',
  open_logs: '/logs',
  open_overview: '/',
};

function isOpening(code: ChecklistFixCode): code is OpenCode {
  return code in pagePaths;
}

interface Props {
  item: ChecklistItem;
  isBusy: boolean;
  /** Done; what it changed is to be seen in a new test. */
  onFixed(): void;
}

/** Leads to where the item is mended, or mends it here after it said what changes. */
export function FixButton({ item, isBusy, onFixed }: Props) {
  const { t } = useTranslation();
  const { fix } = useChecklistChanges();
  const [isAsking, setAsking] = useState(false);
  const { id, result } = item;
  const code = result?.fix;
  if (code === undefined || !needsFix(item)) return null;
  const label = t(`readiness.fixes.${code}`);
  if (isOpening(code)) {
    return (
      <Link href={pagePaths[code]} className={buttonClass({ size: 'small' })}>
        {label}
      </Link>
    );
  }
  const close = () => setAsking(false);
  const carryOut = async (origins?: string[]) => {
    await fix(id, origins);
    onFixed();
  };
  return (
    <>
      <Button size="small" disabled={isBusy} onClick={() => setAsking(true)}>
        {label}
      </Button>
      {code === 'set_origins' ? (
        <OriginsDialog open={isAsking} onClose={close} onSave={carryOut} />
      ) : (
        <ConfirmDialog
          open={isAsking}
          onClose={close}
          title={label}
          body={t(`readiness.ask.${code}`, { value: result?.fixValue ?? '' })}
          choices={[{ label, look: 'primary', onChoose: () => carryOut() }]}
        />
      )}
    </>
  );
}
