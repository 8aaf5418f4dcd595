import { IconDownload } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { apiBase } from '../../api/client.ts';
import { buttonClass } from '../../ui/button.tsx';

const formats = ['markdown', 'json'] as const;

export function ExportLinks() {
  const { t } = useTranslation();
  const labels = { markdown: t('readiness.exportMarkdown'), json: t('readiness.exportJson') };
  return formats.map((format) => (
    <a
      key={format}
      className={buttonClass()}
      href={`${apiBase}/checklist/export?format=${format}`}
      title={t('readiness.exportNote')}
      download
    >
      <IconDownload size={15} stroke={1.5} aria-hidden />
      {labels[format]}
    </a>
  ));
}
