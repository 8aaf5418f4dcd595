import { useTranslation } from 'react-i18next';
import { useFormat } from '../../i18n/format.ts';
import { PageHead } from '../../ui/page-head.tsx';
import { useNow } from '../../ui/use-now.ts';
import { BackupsCard } from './backups-card.tsx';
import { GrowthCard } from './growth-card.tsx';
import { IntegrityCard } from './integrity-card.tsx';
import { PlaceCard } from './place-card.tsx';
import { useBackups } from './queries.ts';
import { ResetCard } from './reset-card.tsx';
import { RetentionCard } from './retention-card.tsx';
import { TenantsCard } from './tenants-card.tsx';
import { useWork } from './use-work.ts';

/** For so long the cards above may still grow as their answers arrive. */
const settleMs = 1500;

/** The link of the Sessions page names it. What stands above is as high as it gets a moment later. */
function showIfMeant(card: HTMLElement | null): (() => void) | undefined {
  if (card === null || location.hash !== `#${card.id}`) return undefined;
  const show = () => card.scrollIntoView({ block: 'center' });
  const watcher = new ResizeObserver(show);
  if (card.parentElement) watcher.observe(card.parentElement);
  const settled = setTimeout(() => watcher.disconnect(), settleMs);
  return () => {
    clearTimeout(settled);
    watcher.disconnect();
  };
}

export default function DataPage() {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(60_000);
  const work = useWork();
  const { data } = useBackups();
  const lastAt = data?.schedule.lastAt;
  const title =
    data === undefined
      ? t('data.title')
      : lastAt === undefined
        ? t('data.titleNone')
        : t('data.titleLast', { when: format.relative(lastAt, now) });
  return (
    <>
      <PageHead title={title} sub={t('data.sub')} />
      <div className="grid gap-3.5">
        <BackupsCard work={work} />
        <div className="grid items-start gap-3.5 wide:grid-cols-2">
          <PlaceCard />
          <div className="grid gap-3.5">
            <GrowthCard />
            <TenantsCard work={work} />
          </div>
        </div>
        <IntegrityCard work={work} />
        <div id="retention" ref={showIfMeant}>
          <RetentionCard work={work} />
        </div>
        <ResetCard work={work} />
      </div>
    </>
  );
}
