import i18next from 'i18next';
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { serverWordsFor } from '../i18n/server-words.ts';
import { toApiError } from './api-error.ts';

/**
 * The sentence of a fault in the language of the page. The server's own sentence is English and knows most; another
 * language says that sentence where it can, else what its code means. What has neither stays English, with its code.
 */
export function useFaultText(): (error: unknown) => string {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  return useCallback(
    (thrown) => {
      const error = toApiError(thrown);
      const ownWords = () => {
        const key = `errors.${error.code}`;
        return i18next.exists(key) ? t(key as 'errors.unreachable') : undefined;
      };
      if (error.status === 0) return ownWords() ?? error.message;
      if (language === 'en') return error.message;
      const { ofSentence, ofCode } = serverWordsFor(language);
      const words = ofSentence(error.message) ?? ownWords() ?? ofCode(error.code);
      return words ?? `${error.message} (${error.code})`;
    },
    [t, language],
  );
}
