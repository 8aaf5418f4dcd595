import type { LoadedLanguage } from './i18n.ts';

/** What the server says, in a language that is not its own. */
export interface ServerWords {
  /** Undefined: there are no words for it. */
  ofSentence(english: string): string | undefined;
  ofCode(code: string): string | undefined;
}

const english: ServerWords = { ofSentence: () => undefined, ofCode: () => undefined };
const loaded = new Map<string, ServerWords>();

const loaders: Record<LoadedLanguage, () => Promise<ServerWords>> = {
  en: async () => english,
  'zh-CN': async () => {
    const [{ faultWords }, { sentences }, { createSentences }] = await Promise.all([
      import('./zh-cn/fault-words.ts'),
      import('./zh-cn/server-sentences.ts'),
      import('./sentences.ts'),
    ]);
    return { ofSentence: createSentences(sentences), ofCode: (code) => faultWords[code] };
  },
  // Marks what went through here, so that what did not is seen.
  'en-XA': async () => ({ ...english, ofSentence: (await import('./pseudo.ts')).toPseudo }),
};

export async function loadServerWords(language: LoadedLanguage): Promise<void> {
  if (!loaded.has(language)) loaded.set(language, await loaders[language]());
}

export function serverWordsFor(language: string): ServerWords {
  return loaded.get(language) ?? english;
}
