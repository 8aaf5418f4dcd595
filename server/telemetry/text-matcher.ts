import { type Context, createContext, Script } from 'node:vm';
import { AppError } from '../lib/app-error.ts';

/** How long one batch of lines may take, in milliseconds. One of some hundred lines takes less than one. */
const batchBudgetMs = 1000;

/** Tells for each text whether it matches. Throws AppError `regex_too_slow` (400). */
export type TextMatcher = (texts: string[]) => boolean[];

const regexQuery = /^\/(.+)\/([dgimsuvy]*)$/su;

export function isRegexQuery(query: string): boolean {
  return regexQuery.test(query);
}

/** The expression between the slashes; undefined for plain text. */
export function regexOf(query: string): { source: string; flags: string } | undefined {
  const [, source, flags] = regexQuery.exec(query) ?? [];
  return source === undefined || flags === undefined ? undefined : { source, flags };
}

/** Throws AppError `invalid_regex` (400) for an expression that cannot be used. */
export function checkTextQuery(query: string | undefined): void {
  const [, source, flags] = regexQuery.exec(query ?? '') ?? [];
  if (source === undefined) return;
  try {
    new RegExp(source, flags);
  } catch (error) {
    const message = error instanceof Error ? error.message : 'It cannot be read.';
    throw new AppError('invalid_regex', `The search is not a valid regular expression. ${message}`, { status: 400 });
  }
}

/** A case-insensitive part of the text, or a regular expression between slashes. Throws AppError `invalid_regex` (400). */
export function createTextMatcher(query: string): TextMatcher {
  checkTextQuery(query);
  const [, source, flags] = regexQuery.exec(query) ?? [];
  if (source !== undefined && flags !== undefined) return createRegexMatcher(source, flags);
  const part = query.toLowerCase();
  return (texts) => texts.map((text) => text.toLowerCase().includes(part));
}

const matchAll = `
  const regex = new RegExp(source, flags);
  function matchAll(texts) {
    const matches = [];
    for (let place = 0; place < texts.length; place++) matches.push(regex.test(texts[place]));
    return matches;
  }`;

function createRegexMatcher(source: string, flags: string): TextMatcher {
  // Most pieces of a log have no line that gets this far, and making it takes longer than searching such a piece.
  let prepared: PreparedRegex | undefined;
  return (texts) => {
    prepared ??= prepare(source, flags);
    const matches = runBounded(prepared, texts);
    if (matches === undefined) throw regexTooSlow();
    return matches;
  };
}

interface PreparedRegex {
  script: Script;
  context: Context;
}

/** An expression that backtracks without end can only be stopped from outside: the vm's timeout does. */
function prepare(source: string, flags: string): PreparedRegex {
  // A sticky or global expression would keep its place from one line to the next; `^` and `$` are the ends of each part
  // of a line.
  const lineFlags = `${flags.replaceAll(/[gym]/g, '')}m`;
  const context = createContext({ source, flags: lineFlags, texts: [], matches: [] });
  // Made once: a function that is made for each batch would never be compiled well.
  new Script(matchAll).runInContext(context);
  return { script: new Script('matches = matchAll(texts);'), context };
}

export function regexTooSlow(cause?: unknown): AppError {
  return new AppError('regex_too_slow', 'The regular expression takes too long. Make it simpler or search for text.', {
    status: 400,
    ...(cause !== undefined && { cause }),
  });
}

function runBounded({ script, context }: PreparedRegex, texts: string[]): boolean[] | undefined {
  context.texts = texts;
  try {
    script.runInContext(context, { timeout: batchBudgetMs });
    return Array.from(context.matches as ArrayLike<unknown>, (match) => match === true);
  } catch {
    return undefined;
  }
}
