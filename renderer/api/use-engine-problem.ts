import { useTranslation } from 'react-i18next';
import type { EngineState } from '../../server/contract/sandbox.ts';
import { serverWordsFor } from '../i18n/server-words.ts';

/** The engine's own sentence knows most; a language that does not have it says what the state means. */
export function useEngineProblem(): (state: EngineState, sentence: string | undefined) => string {
  const { t, i18n } = useTranslation();
  return (state, sentence) => {
    const said = sentence === undefined ? undefined : serverWordsFor(i18n.language).ofSentence(sentence);
    if (said !== undefined) return said;
    return sentence && i18n.language === 'en' ? sentence : t(`server.engine.${state}`);
  };
}
