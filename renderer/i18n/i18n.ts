import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import type { en } from './en/index.ts';
import { loadServerWords } from './server-words.ts';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation';
    resources: { translation: typeof en };
  }
}

export const languages = ['en', 'zh-CN'] as const;
export type Language = (typeof languages)[number];
/** The second is for tests: see pseudo.ts. */
export type LoadedLanguage = Language | 'en-XA';

/** In their own tongue, whatever the language of the page. */
export const languageNames: Record<Language, string> = { en: 'English', 'zh-CN': '简体中文' };

const loaders: Record<LoadedLanguage, () => Promise<object>> = {
  en: async () => (await import('./en/index.ts')).en,
  'zh-CN': async () => (await import('./zh-cn/index.ts')).zhCn,
  'en-XA': async () => {
    const [{ en }, { pseudoWords }] = await Promise.all([import('./en/index.ts'), import('./pseudo.ts')]);
    return pseudoWords(en);
  },
};

export function preferredLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    if (tag.toLowerCase().startsWith('zh')) return 'zh-CN';
    if (tag.toLowerCase().startsWith('en')) return 'en';
  }
  return 'en';
}

export async function startI18n(language: LoadedLanguage): Promise<void> {
  await Promise.all([
    i18next.use(initReactI18next).init({
      lng: language,
      resources: { [language]: { translation: await loaders[language]() } },
      // React escapes what it renders.
      interpolation: { escapeValue: false },
      returnNull: false,
    }),
    loadServerWords(language),
  ]);
  document.documentElement.lang = language;
}

export async function changeLanguage(language: Language): Promise<void> {
  if (!i18next.hasResourceBundle(language, 'translation')) {
    i18next.addResourceBundle(language, 'translation', await loaders[language]());
  }
  await loadServerWords(language);
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
}
