import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { serverWordsFor } from './server-words.ts';

/** Says in the language of the page what the server says in English; what has no words there stays English. */
export function useServerText(): (english: string) => string {
  const { language } = useTranslation().i18n;
  return useCallback((english) => serverWordsFor(language).ofSentence(english) ?? english, [language]);
}
