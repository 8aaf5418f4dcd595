import { AlertDialog as Base } from '@base-ui/react/alert-dialog';
import { type ReactNode, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button, buttonClass } from './button.tsx';
import { backdropClass, dialogClass } from './popup.ts';

export interface ConfirmChoice {
  label: string;
  look?: 'primary' | 'destroy' | 'plain';
  /** Rejecting keeps the dialog open; the caller has told the person why. */
  onChoose(): Promise<unknown> | unknown;
}

interface Props {
  open: boolean;
  onClose(): void;
  title: string;
  body?: ReactNode;
  choices: ConfirmChoice[];
}

/** Asks before something that cannot be taken back. Cancel is first and has the focus. */
export function ConfirmDialog({ open, onClose, title, body, choices }: Props) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState<string>();
  const cancel = useRef<HTMLButtonElement>(null);
  const choose = async (choice: ConfirmChoice) => {
    setBusy(choice.label);
    try {
      await choice.onChoose();
      onClose();
    } catch {
      // The caller told the person; the dialog stays for another try.
    } finally {
      setBusy(undefined);
    }
  };
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={backdropClass} />
        <Base.Popup className={dialogClass} initialFocus={cancel}>
          <div className="min-h-0 overflow-auto px-4 pt-4 pb-3">
            <Base.Title className="font-semibold text-[15px] leading-6 [overflow-wrap:anywhere]">{title}</Base.Title>
            <Base.Description render={<div />} className="mt-1 text-dim">
              {body}
            </Base.Description>
          </div>
          <div className="flex flex-wrap justify-end gap-2 border-line-soft border-t px-4 py-3">
            <Base.Close ref={cancel} className={buttonClass()}>
              {t('common.cancel')}
            </Base.Close>
            {choices.map((choice) => (
              <Button
                key={choice.label}
                look={choice.look ?? 'destroy'}
                disabled={busy !== undefined}
                onClick={() => void choose(choice)}
              >
                {choice.label}
              </Button>
            ))}
          </div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
