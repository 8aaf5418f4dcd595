import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { ImageStatus } from '../../../server/contract/sandbox.ts';
import { answer, api } from '../../api/client.ts';
import { useImageWork } from '../../api/use-image-work.ts';
import { useFormat } from '../../i18n/format.ts';
import { Button } from '../../ui/button.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Progress } from '../../ui/progress.tsx';
import { ScrollBox } from '../../ui/scroll-box.tsx';
import { buildStep } from './build-step.ts';

/** The image that comes with the program is built; any other is pulled. */
export function ImageWork({ image }: { image: ImageStatus }) {
  const { t } = useTranslation();
  const format = useFormat();
  const queries = useQueryClient();
  const work = useImageWork(() => {
    void queries.invalidateQueries();
    // Told by an event too; asking makes it come at once.
    void answer(api.engine.probe.$post()).catch(() => undefined);
  });
  const { kind, layers, lines, ended } = work;
  const isPulled = image.reference.includes('/');
  const known = layers.filter(({ totalBytes }) => totalBytes !== undefined);
  const total = known.reduce((sum, { totalBytes = 0 }) => sum + totalBytes, 0);
  const done = known.reduce((sum, { doneBytes = 0 }) => sum + doneBytes, 0);
  const step = buildStep(lines);
  const share = total > 0 ? (done / total) * 100 : step ? ((step.number - 1) / step.total) * 100 : null;
  const build = () => work.start('build', '/image/build');
  const pull = () => work.start('pull', '/image/pull', JSON.stringify({ reference: image.reference }));
  return (
    <div className="grid gap-2.5">
      {kind === undefined ? (
        <div className="flex flex-wrap gap-2">
          <Button look={isPulled ? 'plain' : 'primary'} onClick={build}>
            {t('firstRun.sandbox.build')}
          </Button>
          <Button look={isPulled ? 'primary' : 'plain'} onClick={pull}>
            {t('firstRun.sandbox.pull')}
          </Button>
        </div>
      ) : (
        <>
          <div role="status" className="tabular flex items-center gap-2">
            <span>{t(`firstRun.sandbox.working.${kind}`)}</span>
            <span className="text-dim">
              {total > 0
                ? t('firstRun.sandbox.bytes', { done: format.bytes(done), total: format.bytes(total) })
                : step && t('firstRun.sandbox.steps', { step: step.number, total: step.total })}
            </span>
            <Button size="small" className="ml-auto" onClick={work.stop}>
              {t('firstRun.sandbox.stop')}
            </Button>
          </div>
          <Progress label={t(`firstRun.sandbox.working.${kind}`)} value={share} />
        </>
      )}
      {ended?.ok === false && (
        <Notice className="mb-0" tone="bad">
          {t('firstRun.sandbox.failed', { message: ended.message })}
        </Notice>
      )}
      {lines.length > 0 && (
        <ScrollBox
          label={t('firstRun.sandbox.output')}
          className="max-h-40 overflow-auto rounded-[8px] border border-line bg-code p-2.5"
        >
          <pre className="mono">{lines.slice(-80).join('\n')}</pre>
        </ScrollBox>
      )}
    </div>
  );
}
