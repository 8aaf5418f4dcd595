import { useTranslation } from 'react-i18next';
import { type Clock, clocks, useClock } from '../../i18n/clock.ts';
import { type Language, languageNames, languages } from '../../i18n/i18n.ts';
import { useLanguage } from '../../i18n/language.ts';
import { Card, CardRow } from '../../ui/card.tsx';
import { Kbd } from '../../ui/kbd.tsx';
import { modifierKey } from '../../ui/modifier-key.ts';
import { type Motion, motions, useMotion } from '../../ui/motion.ts';
import { Segmented } from '../../ui/segmented.tsx';
import { type Theme, themes, useTheme } from '../../ui/theme.ts';

export function ConsoleCard() {
  const { t } = useTranslation();
  const { theme, choose } = useTheme();
  const [language, chooseLanguage] = useLanguage();
  const { clock, choose: chooseClock } = useClock();
  const { motion, choose: chooseMotion } = useMotion();
  return (
    <Card title={t('settings.sectionNames.console')} aside={t('settings.consoleNote')}>
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
      <CardRow
        title={t('settings.clock')}
        actions={
          <Segmented<Clock>
            label={t('settings.clock')}
            value={clock}
            onChange={chooseClock}
            segments={clocks.map((value) => ({ value, label: t(`settings.clocks.${value}`) }))}
          />
        }
      />
      <CardRow
        title={t('settings.motion')}
        note={t('settings.motionNote')}
        actions={
          <Segmented<Motion>
            label={t('settings.motion')}
            value={motion}
            onChange={chooseMotion}
            segments={motions.map((value) => ({ value, label: t(`settings.motions.${value}`) }))}
          />
        }
      />
      <CardRow
        title={t('settings.zoom')}
        note={t('settings.zoomNote')}
        actions={
          <span className="flex gap-1.5">
            <Kbd>{modifierKey} +</Kbd>
            <Kbd>{modifierKey} −</Kbd>
            <Kbd>{modifierKey} 0</Kbd>
          </span>
        }
      />
    </Card>
  );
}
