import { joinParts, squeeze } from './ignorable.ts';

/** Shorter values are not redacted: they occur in ordinary text, and taking them out would destroy it. */
export const minRedactedLength = 8;

/**
 * Every way in which a value is commonly written: as it is, JSON-escaped (once and twice, with and without non-ASCII),
 * URL-encoded by the usual rules, hex, and base64 at each of the three places it can have inside a longer text.
 */
export function formsOf(value: string): Set<string> {
  const forms = new Set([value, ...jsonForms(value), ...urlForms(value), ...hexForms(value), ...base64Forms(value)]);
  // A value of several lines is looked for on one line, too, as it stands in a text whose line breaks are left out.
  for (const form of [...forms]) for (const parts of squeeze(form)) forms.add(joinParts(form, parts));
  return new Set([...forms].filter((form) => form.length >= minRedactedLength));
}

function jsonForms(value: string): string[] {
  const once = jsonEscape(value);
  const ascii = asciiEscape(once);
  return [...new Set([once, ascii, asciiEscape(once).replaceAll('/', '\\/'), once.replaceAll('/', '\\/')])].flatMap(
    (form) => [form, jsonEscape(form), jsonEscape(jsonEscape(form))],
  );
}

function jsonEscape(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function asciiEscape(text: string): string {
  return text.replaceAll(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function urlForms(value: string): string[] {
  const text = value.toWellFormed();
  const component = encodeURIComponent(text);
  const form = new URLSearchParams([['', text]]).toString().slice(1);
  const strict = component.replaceAll(/[!'()*]/g, percent);
  const forms = [component, form, strict, encodeURI(text), strict.replaceAll('%2F', '/')];
  return [...forms, ...forms.map((encoded) => encoded.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()))];
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

function hexForms(value: string): string[] {
  const hex = Buffer.from(value).toString('hex');
  return [hex, hex.toUpperCase()];
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
/** Of longer values the character that they share with what stands in front is left: it tells less than one byte. */
const longestWithLead = 1024;

/**
 * For 0, 1 and 2 bytes in front of the value: the characters that it alone decides, also with those at both ends that
 * it shares with its neighbours, whatever they are, and with padding where it ends the text.
 */
function base64Forms(value: string): string[] {
  const bytes = Buffer.from(value);
  return [0, 1, 2].flatMap((before) => {
    const first = Math.ceil((before * 8) / 6);
    const end = Math.floor(((before + bytes.length) * 8) / 6);
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const core = encoded.slice(first, end);
    const tails = ['', ...sharedTails(encoded.slice(end))];
    const leads = bytes.length > longestWithLead ? [] : sharedLeads(before, encoded.charAt(first - 1));
    return ['', ...leads].flatMap((lead) => tails.flatMap((tail) => spellings(lead + core + tail)));
  });
}

/** Behind `before` bytes of zeros: the characters that the first byte could begin in, were they other bytes. */
function sharedLeads(before: number, zeroed: string): string[] {
  if (before === 0) return [];
  const ownBits = before === 1 ? 4 : 2;
  const own = alphabet.indexOf(zeroed) % (1 << ownBits);
  return [...alphabet].filter((_, code) => code % (1 << ownBits) === own);
}

/** `rest` is the last character, whose low bits belong to what follows, with its padding. */
function sharedTails(rest: string): string[] {
  if (rest === '') return [];
  const freeBits = rest.endsWith('==') ? 4 : 2;
  const own = alphabet.indexOf(rest.charAt(0)) >> freeBits;
  return [...[...alphabet].filter((_, code) => code >> freeBits === own), rest];
}

function spellings(form: string): string[] {
  const forUrls = form.replaceAll('+', '-').replaceAll('/', '_');
  return [...new Set([form, form.replaceAll('/', '\\/'), encodeURIComponent(form), forUrls])];
}
