import { useTranslation } from 'react-i18next';
import { useRoute, useSearchParams } from 'wouter';
import { useKnown } from '../../api/live-context.ts';
import { Button } from '../../ui/button.tsx';
import { PageHead } from '../../ui/page-head.tsx';
import { CleanUpDialog } from './clean-up/clean-up-dialog.tsx';
import { SandboxDetail } from './detail/sandbox-detail.tsx';
import { EngineDialog } from './engine/engine-dialog.tsx';
import { ImageDialog } from './engine/image-dialog.tsx';
import { EngineLine } from './engine-line.tsx';
import { EngineMissing } from './engine-missing.tsx';
import { ImageMissing } from './image-missing.tsx';
import { ProbeButton } from './probe-button.tsx';
import { SandboxList } from './sandbox-list.tsx';
import { StatsContext, useStatsKeeper } from './stats-history.ts';

/** The list, or one sandbox in its place; figures are kept while either is open. */
export default function SandboxesPage() {
  const [isDetail, params] = useRoute('/sandboxes/:id');
  const stats = useStatsKeeper();
  return (
    <StatsContext value={stats}>
      {isDetail && params ? <SandboxDetail key={params.id} id={params.id} /> : <Overview />}
    </StatsContext>
  );
}

const panels = ['images', 'engine', 'clean-up'] as const;
type Panel = (typeof panels)[number];

function Overview() {
  const { t } = useTranslation();
  const [search, setSearch] = useSearchParams();
  const engine = useKnown((live) => live.engine);
  const image = useKnown((live) => live.image);
  const sandboxes = useKnown((live) => live.sandboxes);
  const panel = panels.find((each) => each === search.get('panel'));
  const show = (next?: Panel) => setSearch(next === undefined ? {} : { panel: next });
  const close = () => show();
  const isConnected = engine.state === 'connected';
  const isMissing = !isConnected && engine.state !== 'unknown';
  const count = sandboxes.filter(({ isPooled }) => !isPooled).length;
  const title = isMissing
    ? t('sandboxes.titleNoEngine')
    : count === 0
      ? t('sandboxes.titleNone')
      : t('sandboxes.title', { count });
  return (
    <>
      <PageHead
        title={title}
        sub={<EngineLine engine={engine} image={image} />}
        actions={
          <>
            <ProbeButton />
            <Button onClick={() => show('images')}>{t('sandboxes.tools.images.open')}</Button>
            <Button onClick={() => show('engine')}>{t('sandboxes.tools.engine.open')}</Button>
            <Button look="primary" onClick={() => show('clean-up')}>
              {t('sandboxes.tools.cleanUp.open')}
            </Button>
          </>
        }
      />
      {isMissing && <EngineMissing engine={engine} />}
      {isConnected && (image.state === 'missing' || image.state === 'building' || image.isPlain) && (
        <ImageMissing image={image} />
      )}
      {(!isMissing || sandboxes.length > 0) && <SandboxList sandboxes={sandboxes} />}
      <CleanUpDialog open={panel === 'clean-up'} onClose={close} />
      <ImageDialog image={image} open={panel === 'images'} onClose={close} />
      <EngineDialog engine={engine} open={panel === 'engine'} onClose={close} />
    </>
  );
}
