import { IconDeviceDesktop, IconLanguage, IconMoon, IconSearch, IconSun } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { languageNames, languages } from '../i18n/i18n.ts';
import { useLanguage } from '../i18n/language.ts';
import { Kbd } from '../ui/kbd.tsx';
import { Menu } from '../ui/menu.tsx';
import { modifierKey } from '../ui/modifier-key.ts';
import { themes, useTheme } from '../ui/theme.ts';
import { Bell } from './notifications/bell.tsx';

const themeIcons = { system: IconDeviceDesktop, light: IconSun, dark: IconMoon };

export function Header({ onSearch }: { onSearch(): void }) {
  const { t } = useTranslation();
  const { theme, choose } = useTheme();
  const [language, chooseLanguage] = useLanguage();
  const ThemeIcon = themeIcons[theme];
  return (
    <header className="col-span-2 flex items-center gap-2 border-line border-b bg-panel pr-3 pl-4">
      <Link href="/" className="flex items-center gap-[9px] rounded-[6px] font-semibold tracking-[-0.01em]">
        <BrandMark />
        <span className="whitespace-nowrap">Agentrail Console</span>
      </Link>
      <button
        type="button"
        onClick={onSearch}
        title={t('shell.search')}
        aria-keyshortcuts="Control+K Meta+K"
        className="ml-auto flex h-7 w-full max-w-75 items-center gap-2 rounded-[7px] border border-line bg-sunk px-2 text-left text-faint hover:border-idle"
      >
        <IconSearch size={14} stroke={1.5} aria-hidden />
        <span className="min-w-0 flex-1 truncate">{t('shell.search')}</span>
        <Kbd>{modifierKey} K</Kbd>
      </button>
      <Bell />
      <Menu
        label={`${t('shell.theme')}: ${t(`shell.themes.${theme}`)}`}
        trigger={<ThemeIcon size={16} stroke={1.5} aria-hidden />}
        actions={themes.map((each) => ({
          label: t(`shell.themes.${each}`),
          checked: each === theme,
          onSelect: () => choose(each),
        }))}
      />
      <Menu
        label={`${t('shell.language')}: ${languageNames[language]}`}
        look="plain"
        className="!w-auto px-2.5 text-small"
        trigger={
          <>
            <IconLanguage size={15} stroke={1.5} aria-hidden />
            {languageNames[language]}
          </>
        }
        actions={languages.map((each) => ({
          label: languageNames[each],
          checked: each === language,
          onSelect: () => chooseLanguage(each),
        }))}
      />
    </header>
  );
}

function BrandMark() {
  return (
    <svg
      width="20"
      height="20"
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeLinecap="round"
      className="text-accent"
      aria-hidden="true"
    >
      <path d="M6 2.5 3 17.5M14 2.5l3 15M5 7h10M4.2 12h11.6" />
    </svg>
  );
}
