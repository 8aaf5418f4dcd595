import { Dialog as Base } from '@base-ui/react/dialog';
import { IconX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { buttonClass } from './button.tsx';
import { cn } from './cn.ts';
import { backdropClass, dialogClass } from './popup.ts';

interface Props {
  open: boolean;
  onClose(): void;
  title: string;
  description?: ReactNode;
  /** Buttons, the primary one last. */
  footer?: ReactNode;
  wide?: boolean;
  /** `full`: as wide as the window allows. */
  width?: 'full';
  children?: ReactNode;
}

export function Dialog({ open, onClose, title, description, footer, wide = false, width, children }: Props) {
  const { t } = useTranslation();
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={backdropClass} />
        <Base.Popup
          className={cn(
            dialogClass,
            wide && 'w-[min(40rem,calc(100vw-2rem))]',
            width === 'full' && 'w-[min(64rem,calc(100vw-2rem))]',
          )}
        >
          <div className="flex items-start gap-3 px-4 pt-3.5">
            <div className="min-w-0 flex-1">
              <Base.Title className="font-semibold text-[15px] leading-6 [overflow-wrap:anywhere]">{title}</Base.Title>
              {description !== undefined && <Base.Description className="text-dim">{description}</Base.Description>}
            </div>
            <Base.Close aria-label={t('common.close')} className={buttonClass({ look: 'quiet', size: 'iconSmall' })}>
              <IconX size={16} stroke={1.5} aria-hidden />
            </Base.Close>
          </div>
          <div className="min-h-0 flex-1 overflow-auto px-4 py-3">{children}</div>
          {footer !== undefined && (
            <div className="flex flex-wrap justify-end gap-2 border-line-soft border-t px-4 py-3">{footer}</div>
          )}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
