import { Trans, useTranslation } from 'react-i18next';
import type { EngineStatus, ImageStatus } from '../../../server/contract/sandbox.ts';
import { useEngineProblem } from '../../api/use-engine-problem.ts';
import { useFormat } from '../../i18n/format.ts';

/** Which engine and which image, in one line. */
export function EngineLine({ engine, image }: { engine: EngineStatus; image: ImageStatus }) {
  const { t } = useTranslation();
  const format = useFormat();
  const engineProblem = useEngineProblem();
  if (engine.state !== 'connected') return engineProblem(engine.state, engine.problem);
  const facts = [
    t(`sandboxes.imageStates.${image.state}`),
    image.state === 'present' && t(image.pinned ? 'sandboxes.pinned' : 'sandboxes.notPinned'),
    image.sizeBytes !== undefined && format.bytes(image.sizeBytes),
  ].filter((fact) => typeof fact === 'string');
  return (
    <span className="[overflow-wrap:anywhere]">
      <Trans
        t={t}
        i18nKey="sandboxes.engine"
        values={{ version: engine.version ?? '', endpoint: engine.endpoint ?? '' }}
        components={[
          <span key="endpoint" className="mono inline-block max-w-full text-text [overflow-wrap:anywhere]" />,
        ]}
      />
      {' · '}
      <Trans
        t={t}
        i18nKey="sandboxes.image"
        values={{ reference: image.reference }}
        components={[
          <span key="reference" className="mono inline-block max-w-full text-text [overflow-wrap:anywhere]" />,
        ]}
      />
      {` (${facts.join(' · ')})`}
    </span>
  );
}
