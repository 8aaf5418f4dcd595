import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { openCompare } from './open-compare.ts';
import { usePhrases } from './use-phrases.ts';

interface Props {
  before: string;
  after: string;
  onChange(text: string): void;
}

/** What is on the disk beside what would be saved, which can still be changed. */
export default function Compare({ before, after, onChange }: Props) {
  const { t } = useTranslation();
  const host = useRef<HTMLDivElement>(null);
  const phrases = usePhrases();
  const latest = useRef({ after, onChange });
  useEffect(() => {
    latest.current = { after, onChange };
  });
  useEffect(() => {
    if (!host.current) return;
    const opened = openCompare({
      host: host.current,
      before: { text: before, label: t('yaml.onDisk') },
      after: { text: latest.current.after, label: t('yaml.yours') },
      phrases,
      takeOver: t('yaml.takeOver'),
      onChange: (text) => latest.current.onChange(text),
    });
    return () => opened.close();
  }, [before, phrases, t]);
  return (
    <div>
      <div className="grid grid-cols-2 gap-7 pb-1 font-medium text-small">
        <span>{t('yaml.onDisk')}</span>
        <span>{t('yaml.yours')}</span>
      </div>
      <div
        ref={host}
        data-compare
        className="outline-accent focus-within:outline-2 max-h-[50dvh] overflow-auto rounded-[8px] border border-line"
      />
    </div>
  );
}
