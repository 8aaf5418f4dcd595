import { useTranslation } from 'react-i18next';
import { changeLanguage, type Language, type LoadedLanguage, languages, preferredLanguage } from './i18n.ts';

const storageKey = 'agentrail.language';

/** The one that was chosen here before, else what the browser prefers. */
export function rememberedLanguage(): LoadedLanguage {
  const stored = localStorage.getItem(storageKey);
  if (stored === 'en-XA') return stored;
  return languages.find((language) => language === stored) ?? preferredLanguage(navigator.languages);
}

export function useLanguage(): [Language, (language: Language) => void] {
  const { i18n } = useTranslation();
  const current = languages.find((language) => language === i18n.language) ?? 'en';
  const choose = (language: Language) => {
    localStorage.setItem(storageKey, language);
    void changeLanguage(language);
  };
  return [current, choose];
}
