import {
  IconCopy,
  IconKeyboard,
  IconLanguage,
  IconListCheck,
  IconMoon,
  IconPlayerPlay,
  IconPlayerStop,
  IconPlus,
  IconRefresh,
  IconSettings,
  type TablerIcon,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import { answer, api } from '../api/client.ts';
import { useLive } from '../api/live-context.ts';
import { settingSections } from '../api/setting-sections.ts';
import { useFaultText } from '../api/use-fault-text.ts';
import { languageNames, languages } from '../i18n/i18n.ts';
import { useLanguage } from '../i18n/language.ts';
import { copyText } from '../ui/copy-text.ts';
import { themes, useTheme } from '../ui/theme.ts';
import { showFault, showToast } from '../ui/toast.tsx';
import { pages } from './pages.tsx';

export interface PaletteAction {
  id: string;
  label: string;
  icon: TablerIcon;
  run(): void;
}

export interface PaletteGroup {
  id: string;
  label: string;
  items: PaletteAction[];
}

/** Every page, and what can be done from anywhere. What would ask first is asked on the page that shows what it ends. */
export function usePaletteActions(onShortcuts: () => void): PaletteGroup[] {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const choose = useTheme((state) => state.choose);
  const [, chooseLanguage] = useLanguage();
  const server = useLive((live) => live.server);
  const faultText = useFaultText();

  const goTo = pages.map((page) => ({
    id: page.id,
    label: t(`shell.pages.${page.id}`),
    icon: page.icon,
    run: () => navigate(page.path),
  }));
  const sections = settingSections.map((section) => ({
    id: `settings-${section}`,
    label: t('shell.palette.setting', { section: t(`settings.sectionNames.${section}`) }),
    icon: IconSettings,
    run: () => navigate(`/settings?section=${section}`),
  }));
  const start = () =>
    answer(api.server.start.$post({ json: {} })).catch((error: unknown) => showFault(faultText(error)));
  const isUp = server?.phase === 'ready' || server?.phase === 'degraded';
  const isDown = server?.phase === 'stopped' || server?.phase === 'failed';
  const address = server?.address;
  const actions: (PaletteAction | false)[] = [
    { id: 'new', label: t('shell.palette.newSession'), icon: IconPlus, run: () => navigate('/playground') },
    address !== undefined && {
      id: 'copy-address',
      label: t('shell.palette.copyAddress'),
      icon: IconCopy,
      run: () => void copyText(address).then((isCopied) => isCopied && showToast(t('common.copied'), address)),
    },
    isDown && { id: 'start', label: t('shell.palette.startServer'), icon: IconPlayerPlay, run: () => void start() },
    isUp && {
      id: 'restart',
      label: t('shell.palette.restartServer'),
      icon: IconRefresh,
      run: () => navigate('/?ask=restart'),
    },
    isUp && {
      id: 'stop',
      label: t('shell.palette.stopServer'),
      icon: IconPlayerStop,
      run: () => navigate('/?ask=stop'),
    },
    {
      id: 'readiness',
      label: t('shell.palette.testReadiness'),
      icon: IconListCheck,
      run: () => navigate('/readiness?test=all'),
    },
    ...themes.map((theme) => ({
      id: `theme-${theme}`,
      label: t('shell.palette.switchTheme', { theme: t(`shell.themes.${theme}`) }),
      icon: IconMoon,
      run: () => choose(theme),
    })),
    ...languages.map((language) => ({
      id: `language-${language}`,
      label: t('shell.palette.switchLanguage', { language: languageNames[language] }),
      icon: IconLanguage,
      run: () => chooseLanguage(language),
    })),
    {
      id: 'yaml',
      label: t('shell.palette.editFile'),
      icon: IconSettings,
      run: () => navigate('/settings?view=yaml'),
    },
    { id: 'shortcuts', label: t('shell.palette.shortcuts'), icon: IconKeyboard, run: onShortcuts },
  ];
  return [
    { id: 'pages', label: t('shell.palette.pages'), items: goTo },
    { id: 'actions', label: t('shell.palette.actions'), items: actions.filter((action) => action !== false) },
    { id: 'settings', label: t('shell.pages.settings'), items: sections },
  ];
}
