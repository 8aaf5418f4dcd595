import { Toast as Base } from '@base-ui/react/toast';
import { IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { buttonClass } from './button.tsx';
import { cn } from './cn.ts';

const manager = Base.createToastManager();

/** For what cannot be seen in place. */
export function showToast(title: string, description?: string): void {
  manager.add({ title, description, timeout: 5000 });
}

/** Stays until it is closed: a fault is not to be missed. */
export function showFault(title: string, description?: string): void {
  manager.add({ title, description, type: 'fault', timeout: 0, priority: 'high' });
}

function ToastList() {
  const { t } = useTranslation();
  return Base.useToastManager().toasts.map((toast) => (
    <Base.Root
      key={toast.id}
      toast={toast}
      className={cn(
        'appear relative rounded-[9px] border bg-panel py-2.5 pr-9 pl-3.5 shadow-pop transition-opacity data-[ending-style]:opacity-0',
        toast.type === 'fault' ? 'border-bad' : 'border-line',
      )}
    >
      <Base.Title className="font-medium [overflow-wrap:anywhere]" />
      <Base.Description className="whitespace-pre-line text-dim text-small [overflow-wrap:anywhere]" />
      <Base.Close
        aria-label={t('common.dismiss')}
        className={cn(buttonClass({ look: 'quiet', size: 'iconSmall' }), 'absolute top-1.5 right-1.5')}
      >
        <IconX size={14} stroke={1.5} aria-hidden />
      </Base.Close>
    </Base.Root>
  ));
}

export function Toaster() {
  const { t } = useTranslation();
  return (
    <Base.Provider toastManager={manager} limit={4}>
      <Base.Portal>
        <Base.Viewport
          aria-label={t('common.toasts')}
          className="fixed right-4 bottom-10 z-[80] grid w-[min(22rem,calc(100vw-2rem))] gap-2"
        >
          <ToastList />
        </Base.Viewport>
      </Base.Portal>
    </Base.Provider>
  );
}
