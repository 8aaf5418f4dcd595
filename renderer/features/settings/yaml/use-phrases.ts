import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';

/** The words that CodeMirror brings along, by what it calls them. */
export function usePhrases(): Record<string, string> {
  const { t } = useTranslation();
  return useMemo(
    () => ({
      Find: t('yaml.find'),
      Replace: t('yaml.replaceWith'),
      next: t('yaml.next'),
      previous: t('yaml.previous'),
      all: t('yaml.all'),
      'match case': t('yaml.matchCase'),
      regexp: t('yaml.regexp'),
      'by word': t('yaml.byWord'),
      replace: t('yaml.replace'),
      'replace all': t('yaml.replaceAll'),
      close: t('common.close'),
      'current match': t('yaml.currentMatch'),
      'on line': t('yaml.onLine'),
      'replaced $ matches': t('yaml.replaced'),
      Completions: t('yaml.completions'),
      Diagnostics: t('yaml.diagnostics'),
      'No diagnostics': t('yaml.noDiagnostics'),
      '$ unchanged lines': t('yaml.unchanged'),
    }),
    [t],
  );
}
