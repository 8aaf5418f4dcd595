import { useTranslation } from 'react-i18next';
import { type Language, languageNames, languages } from '../../i18n/i18n.ts';
import { useLanguage } from '../../i18n/language.ts';
import { Card, CardRow } from '../../ui/card.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import { type Theme, themes, useTheme } from '../../ui/theme.ts';

export function ConsoleCard() {
  const { t } = useTranslation();
  const { theme, choose } = useTheme();
  const [language, chooseLanguage] = useLanguage();
  return (
    <Card title={t('settings.console')} aside={t('settings.consoleNote')}>
      <CardRow
        title={t('settings.theme')}
        actions={
          <Segmented<Theme>
            label={t('settings.theme')}
            value={theme}
            onChange={choose}
            segments={themes.map((value) => ({ value, label: t(`shell.themes.${value}`) }))}
          />
        }
      />
      <CardRow
        title={t('settings.language')}
        actions={
          <Segmented<Language>
            label={t('settings.language')}
            value={language}
            onChange={chooseLanguage}
            segments={languages.map((value) => ({ value, label: languageNames[value] }))}
          />
        }
      />
    </Card>
  );
}
