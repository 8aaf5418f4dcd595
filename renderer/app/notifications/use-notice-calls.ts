import { useEffect, useRef } from 'react';
import { useLiveEvents, useLiveHandle } from '../../api/live-context.ts';
import { useStartup } from '../../api/use-startup.ts';
import { showToast } from '../../ui/toast.tsx';
import { isInSight, useNoticeWords } from './notice-words.ts';

/** What came in while the window was away is in the list; calling for it afterwards helps nobody. */
const newMs = 60_000;

/** Calls the person for what is new: by the system when the window is in the background, else where it is not in sight. */
export function useNoticeCalls(): void {
  const live = useLiveHandle();
  const words = useNoticeWords();
  const isWanted = useStartup().startup?.notifications === true;
  const seen = useRef(new Set<string>());
  useEffect(() => {
    for (const { id } of live.store.getState().live?.notices ?? []) seen.current.add(id);
  }, [live]);
  useLiveEvents((event) => {
    if (event.type !== 'notice') return;
    const { notice } = event;
    const isKnown = seen.current.has(notice.id);
    seen.current.add(notice.id);
    if (isKnown || notice.isOver || notice.isRead || Date.now() - notice.at > newMs) return;
    const { title, note } = words(notice);
    const isAway = document.hidden || !document.hasFocus();
    if (isAway && window.native && isWanted) {
      // The program itself tells of runs, also while there is no window.
      if (notice.session) return;
      // A system that shows none has the list.
      window.native.notify({ title: title.slice(0, 200), body: note.slice(0, 2000) }).catch(() => undefined);
    } else if (!isInSight(notice, location.pathname)) {
      showToast(title, note);
    }
  });
}
