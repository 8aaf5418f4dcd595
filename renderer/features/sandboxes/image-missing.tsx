import { useTranslation } from 'react-i18next';
import type { ImageStatus } from '../../../server/contract/sandbox.ts';
import { cardClass } from '../../ui/card.tsx';
import { cn } from '../../ui/cn.ts';
import { CommandLine } from '../../ui/command-line.tsx';
import { StateDot } from '../../ui/state-dot.tsx';

export function ImageMissing({ image }: { image: ImageStatus }) {
  const { t, i18n } = useTranslation();
  const { reference } = image;
  const isBuilding = image.state === 'building';
  const sentence = isBuilding
    ? t('sandboxes.imageBuilding', { reference })
    : image.isPlain
      ? t('sandboxes.imagePlain', { reference })
      : image.problem && i18n.language === 'en'
        ? image.problem
        : t('sandboxes.imageMissing', { reference });
  return (
    <section className={cn(cardClass, 'mb-3.5 grid gap-2 px-3.5 py-3')}>
      <p className="flex items-baseline gap-2.5">
        <StateDot tone={isBuilding ? 'accent' : 'warn'} />
        <span className="[overflow-wrap:anywhere]">{sentence}</span>
      </p>
      {image.fixCommand !== undefined && !isBuilding && (
        <>
          <p className="text-dim">{t('sandboxes.fix')}</p>
          <CommandLine command={image.fixCommand} />
        </>
      )}
    </section>
  );
}
