import { Popover } from '@base-ui/react/popover';
import { IconBell } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { useIsOffline, useLive } from '../../api/live-context.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useStartup } from '../../api/use-startup.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { cn } from '../../ui/cn.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { popupClass } from '../../ui/popup.ts';
import { Switch } from '../../ui/switch.tsx';
import { showFault } from '../../ui/toast.tsx';
import { NoticeRow } from './notice-row.tsx';

/** All that happened, newest first. What was seen is read once the list closes. */
export function Bell() {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const [isOpen, setOpen] = useState(false);
  const notices = useLive((live) => live.notices) ?? [];
  const isOffline = useIsOffline();
  const unread = notices.filter(({ isRead, isOver }) => !isRead && !isOver).length;
  const onError = (error: unknown) => showFault(faultText(error));
  const read = useMutation({ mutationFn: () => answer(api.notices.read.$post()), onError });
  const dismissAll = useMutation({ mutationFn: () => answer(api.notices.$delete()), onError });
  const toggle = (next: boolean) => {
    setOpen(next);
    if (!next && notices.some(({ isRead }) => !isRead) && !isOffline) read.mutate();
  };
  return (
    <Popover.Root open={isOpen} onOpenChange={toggle}>
      <Popover.Trigger
        aria-label={unread > 0 ? t('notices.bellUnread', { count: unread }) : t('notices.bell')}
        className={cn(buttonClass({ look: 'quiet', size: 'iconSmall' }), 'relative')}
      >
        <IconBell size={16} stroke={1.5} aria-hidden />
        {unread > 0 && (
          <span
            aria-hidden
            className="tabular -top-1 -right-1 absolute grid h-4 min-w-4 place-items-center rounded-full bg-bad px-1 font-medium text-[10px] text-on-bad leading-none"
          >
            {unread > 99 ? '99+' : unread}
          </span>
        )}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={6} align="end" className="z-[60]">
          <Popover.Popup
            className={cn(popupClass, 'flex max-h-[min(34rem,80vh)] w-[min(25rem,calc(100vw-2rem))] flex-col')}
          >
            <div className="flex items-center gap-2 border-line-soft border-b py-2 pr-2 pl-3.5">
              <Popover.Title className="font-semibold">{t('notices.title')}</Popover.Title>
              {notices.length > 0 && (
                <Button
                  size="small"
                  look="quiet"
                  className="ml-auto"
                  disabled={dismissAll.isPending || isOffline}
                  onClick={() => dismissAll.mutate()}
                >
                  {t('notices.dismissAll')}
                </Button>
              )}
            </div>
            {notices.length === 0 ? (
              <EmptyState icon={<IconBell size={22} stroke={1.5} aria-hidden />}>{t('notices.empty')}</EmptyState>
            ) : (
              <ul className="min-h-0 flex-1 overflow-y-auto">
                {notices.map((notice) => (
                  <NoticeRow key={notice.id} notice={notice} isOffline={isOffline} onLeave={() => toggle(false)} />
                ))}
              </ul>
            )}
            {window.native && <NativeChoice />}
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

function NativeChoice() {
  const { t } = useTranslation();
  const { startup, change } = useStartup();
  if (!startup) return null;
  const choose = (notifications: boolean) =>
    change.mutate({ notifications }, { onError: (error) => showFault(t('settings.startup.failed'), error.message) });
  return (
    <div className="flex items-center gap-3 border-line-soft border-t px-3.5 py-2.5 text-small">
      <span className="min-w-0 flex-1 text-dim">{t('notices.native')}</span>
      <Switch label={t('notices.native')} checked={startup.notifications} onChange={choose} />
    </div>
  );
}
