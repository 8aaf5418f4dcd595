import { useTranslation } from 'react-i18next';
import { useKnown } from '../../api/live-context.ts';
import { PageHead } from '../../ui/page-head.tsx';
import { EngineLine } from './engine-line.tsx';
import { EngineMissing } from './engine-missing.tsx';
import { ImageMissing } from './image-missing.tsx';
import { ProbeButton } from './probe-button.tsx';
import { SandboxList } from './sandbox-list.tsx';

export default function SandboxesPage() {
  const { t } = useTranslation();
  const engine = useKnown((live) => live.engine);
  const image = useKnown((live) => live.image);
  const sandboxes = useKnown((live) => live.sandboxes);
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
      <PageHead title={title} sub={<EngineLine engine={engine} image={image} />} actions={<ProbeButton />} />
      {isMissing && <EngineMissing engine={engine} />}
      {isConnected && (image.state === 'missing' || image.state === 'building' || image.isPlain) && (
        <ImageMissing image={image} />
      )}
      {(!isMissing || sandboxes.length > 0) && <SandboxList sandboxes={sandboxes} />}
    </>
  );
}
