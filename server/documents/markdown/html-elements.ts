import type { Zone } from './blocks.ts';

/** Elements whose content is no text for readers. */
export const skippedElements = new Set(
  'script style noscript template svg iframe object embed canvas audio video map datalist select textarea frameset'.split(
    ' ',
  ),
);

/** Elements that begin and end a paragraph. */
export const blockElements = new Set(
  (
    'address article aside blockquote body center dd details dialog dir div dl dt fieldset figcaption figure footer form ' +
    'h1 h2 h3 h4 h5 h6 header hgroup html legend li main menu nav ol p section summary table tbody td tfoot th thead tr ul ' +
    'caption'
  ).split(' '),
);

export const markOfElement = new Map(
  Object.entries({
    b: '**',
    strong: '**',
    i: '*',
    em: '*',
    cite: '*',
    del: '~~',
    s: '~~',
    strike: '~~',
    code: '`',
    kbd: '`',
    samp: '`',
    tt: '`',
  }),
);

const zoneOfElement = new Map<string, Zone>([
  ['main', 'main'],
  ['nav', 'margin'],
  ['aside', 'margin'],
  ['footer', 'margin'],
]);
const zoneOfRole = new Map<string, Zone>([
  ['main', 'main'],
  ['navigation', 'margin'],
  ['complementary', 'margin'],
  ['contentinfo', 'margin'],
  ['banner', 'margin'],
]);

/** The part of the page that an element says it is. */
export function zoneOf(name: string, attributes: Record<string, string>): Zone | undefined {
  return zoneOfElement.get(name) ?? zoneOfRole.get(attributes.role ?? '');
}

/** Text that no reader of the page would see is not shown to a model either. */
export function isHidden(attributes: Record<string, string>): boolean {
  if (attributes.hidden !== undefined || attributes['aria-hidden'] === 'true') return true;
  return /(^|;)\s*(display\s*:\s*none|visibility\s*:\s*hidden)/i.test((attributes.style ?? '').slice(0, 1000));
}

/** An address on the web, or undefined: scripts, data and places on the same page are left out. */
export function absoluteUrl(href: string | undefined, base: URL): string | undefined {
  if (href === undefined || href.length > 2000 || href.trim().startsWith('#')) return undefined;
  const url = URL.parse(href.trim(), base.href);
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') return undefined;
  return url.href.replaceAll('(', '%28').replaceAll(')', '%29');
}

export function languageOf(className = ''): string {
  return /(?:^|\s)(?:language|lang)-([\w+#-]{1,20})/.exec(className.slice(0, 500))?.[1] ?? '';
}

/** A fence is longer than every row of backticks inside. */
export function fenced(text: string, language: string): string {
  const fence = '`'.repeat(Math.min(Math.max(3, longestRun(text) + 1), 20));
  return `${fence}${language}\n${text.replace(/^\r?\n/, '').trimEnd()}\n${fence}`;
}

function longestRun(text: string): number {
  let longest = 0;
  let run = 0;
  for (let at = text.indexOf('`'); at >= 0 && at < text.length; at += 1) {
    run = text.charCodeAt(at) === 96 ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}
