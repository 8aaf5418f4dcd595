import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLiveRedactor, createSecretMatcher, type NamedValue } from './redactor.ts';

function redactorFor(...values: NamedValue[]) {
  const matcher = createSecretMatcher(values);
  return createLiveRedactor(() => matcher);
}

const key = { name: 'MY_KEY', value: 'sk-ant+Ab/9"\\ü ß?&%_~(x)\'y*z!' };
const redactor = redactorFor(key);
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('every usual form of a value is found', () => {
  const forms: Record<string, string> = {
    plain: key.value,
    json: JSON.stringify(key.value).slice(1, -1),
    'json in json': JSON.stringify(JSON.stringify(key.value)).slice(3, -3),
    'ascii json': JSON.stringify(key.value)
      .slice(1, -1)
      .replaceAll(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
    'json with escaped slashes': JSON.stringify(key.value).slice(1, -1).replaceAll('/', '\\/'),
    component: encodeURIComponent(key.value),
    'component in small letters': encodeURIComponent(key.value).replaceAll(/%../g, (code) => code.toLowerCase()),
    form: new URLSearchParams({ k: key.value }).toString().slice(2),
    uri: encodeURI(key.value),
    hex: Buffer.from(key.value).toString('hex'),
    'large hex': Buffer.from(key.value).toString('hex').toUpperCase(),
  };
  test.each(Object.entries(forms))('%s', (_, form) => {
    expect(redactor.redact(`a=${form}&b`)).toBe('a=[redacted MY_KEY]&b');
  });

  test.each(['', 'u', 'us', 'user:', 'user:p'])(
    'base64 after "%s", standard and for URLs, with and without padding',
    (before) => {
      for (const after of ['', 'x', 'xy', ' and more']) {
        const whole = base64(before + key.value + after);
        const core = base64(before + key.value)
          .replace(/.{0,2}=*$/, '')
          .slice(Math.ceil((before.length * 8) / 6));
        for (const text of [whole, whole.replaceAll('=', ''), whole.replaceAll('+', '-').replaceAll('/', '_')]) {
          const clean = redactor.redact(`Basic ${text}.`);
          expect(clean).toContain('[redacted MY_KEY]');
          expect(clean).not.toContain(core);
          expect(clean.length).toBeLessThan(
            'Basic [redacted MY_KEY].'.length + base64(before).length + base64(after).length + 6,
          );
        }
      }
    },
  );
});

test('values shorter than eight characters are left alone', () => {
  expect(redactorFor({ name: 'PIN', value: '1234567' }).redact('pin 1234567')).toBe('pin 1234567');
});

test('overlapping and contained values leave no part behind', () => {
  const both = redactorFor(
    { name: 'A', value: 'abcdefgh12' },
    { name: 'B', value: '12345678xx' },
    { name: 'C', value: 'cdefgh12' },
  );
  expect(both.redact('<abcdefgh12345678xx>')).toBe('<[redacted A]>');
  expect(both.redact('<abcdefgh12>')).toBe('<[redacted A]>');
  expect(both.redact('<cdefgh12>')).toBe('<[redacted C]>');
});

test('a value that is its own name does no harm', () => {
  expect(redactorFor({ name: 'MY_KEY_NAME', value: 'MY_KEY_NAME' }).redact('[redacted MY_KEY_NAME]')).toBe(
    '[redacted MY_KEY_NAME]',
  );
});

const secretArb = fc
  .string({ unit: 'binary', minLength: 8, maxLength: 60 })
  .filter((value) => !/[[\]]|redacted|S\d/.test(value));
const secretsArb = fc.uniqueArray(secretArb, { minLength: 1, maxLength: 5 });
const named = (values: string[]) => values.map((value, at) => ({ name: `S${at}`, value }));

test('no form of any secret survives, wherever it stands', () => {
  fc.assert(
    fc.property(
      secretsArb,
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'binary' }),
      fc.nat(),
      (values, before, after, pick) => {
        const value = values[pick % values.length] ?? '';
        const own = redactorFor(...named(values));
        const encoded = [value, JSON.stringify(value).slice(1, -1), Buffer.from(value).toString('hex')];
        if (value.isWellFormed())
          encoded.push(encodeURIComponent(value), new URLSearchParams({ k: value }).toString().slice(2));
        for (const form of encoded) expect(own.redact(`${before}${form}${after}`)).not.toContain(form);
        if (value.isWellFormed()) expect(own.redact(base64(`${before}${value}${after}`))).toContain('[redacted S');
      },
    ),
  );
});

test('text without secrets is unchanged', () => {
  fc.assert(
    fc.property(secretsArb, fc.string({ unit: 'grapheme', maxLength: 300 }), (values, text) => {
      fc.pre(values.every((value) => value.slice(0, 8).length === 8 && !text.includes(value.slice(0, 2))));
      // Letters outside every encoding's alphabet: no form can occur by chance.
      const safe = text.replaceAll(/[\w%\\/+-]/g, '。');
      fc.pre(values.every((value) => !safe.includes(value)));
      expect(redactorFor(...named(values)).redact(safe)).toBe(safe);
    }),
  );
});

describe('base64 leaves not a single character that the value decides', () => {
  test.each(Array.from({ length: 12 }, (_, at) => at + 8))('of %i bytes', (length) => {
    const value = 'kX9~mQ2!vB7#pL4$wZ1'.slice(0, length);
    const own = redactorFor({ name: 'K', value });
    for (const before of ['', 'u', 'us', 'use']) {
      for (const after of ['', 'x', '\u00ff', 'yz ']) {
        const whole = base64(before + value + after);
        const bytes = Buffer.byteLength(before);
        const ends = Math.ceil(((bytes + length) * 8) / 6);
        const rest = whole.slice(ends).replaceAll('=', '');
        const shown = own.redact(`<${whole}>`).replace('==', '').replace('=', '');
        expect(shown).toBe(`<${whole.slice(0, Math.floor((bytes * 8) / 6))}[redacted K]${rest}>`);
      }
    }
  });
});

describe('a value is found with in its middle', () => {
  const value = 'sk-live-0123456789abcdef';
  const own = redactorFor({ name: 'K', value });
  const esc = String.fromCharCode(27);
  const between: Record<string, string> = {
    'a line break': '\n',
    'a line break of Windows and an indentation': '\r\n    ',
    'a line that goes on': '\\\n',
    'a colour': `${esc}[01;31m${esc}[K`,
    'a title': `${esc}]0;title${String.fromCharCode(7)}`,
    'a link': `${esc}]8;;http://x${esc}\\`,
    'a character set': `${esc}(B`,
    'no width': '\u200b',
    'all of that': `\r\n${esc}[0m\ufeff${esc}[K\n`,
  };
  test.each(Object.entries(between))('%s', (_, text) => {
    for (const form of [value, base64(value), Buffer.from(value).toString('hex')]) {
      for (let at = 1; at < form.length; at++) {
        const shown = own.redact(`a ${form.slice(0, at)}${text}${form.slice(at)} z`);
        expect(shown.replace(/=+/, '')).toBe('a [redacted K] z');
      }
      const parts = [...form].join(text);
      expect(own.redact(`a ${parts} z`).replace(/=+/, '')).toBe('a [redacted K] z');
      const stream = own.stream();
      expect([...`a ${parts} z`].map(stream.push).join('') + stream.end()).toBe(own.redact(`a ${parts} z`));
    }
  });

  test('and a backslash of its own in front of it', () => {
    const odd = redactorFor({ name: 'K', value: 'abc\\def\\ghi' });
    expect(odd.redact([...'abc\\def\\ghi'].join('\r\n'))).toBe('[redacted K]');
    expect(odd.redact('abc\\de\\\nf\\ghi')).toBe('[redacted K]');
  });

  test('and two values on lines of their own stay two', () => {
    expect(own.redact(`${value}\n${value}\n`)).toBe('[redacted K]\n[redacted K]\n');
    expect(own.redact('sk-live-\n\nothers')).toBe('sk-live-\n\nothers');
  });

  test('and a value of several lines is found as it is and on one line', () => {
    const pem = redactorFor({ name: 'PEM', value: '-----BEGIN KEY-----\nMIIabc123\nXYZ789\n-----END KEY-----\n' });
    expect(pem.redact('-----BEGIN KEY-----\r\n  MIIabc123\r\n  XYZ789\r\n  -----END KEY-----')).toBe('[redacted PEM]');
  });
});

test('a stream gives the same text as the whole, however it is cut', () => {
  const words = fc.constantFrom(
    '\n',
    '\r\n ',
    `${String.fromCharCode(27)}[1m`,
    'ab\ncabcab',
    'abcabcab',
    'abcabcabcabc',
    'bcabcabcxx',
    'zzzzzzzz',
    'hello ',
    'a',
    'b',
    'c',
    'z',
    'abcabca',
  );
  const own = redactorFor(...named(['abcabcab', 'abcabcabcabc', 'bcabcabcxx', 'zzzzzzzz']));
  fc.assert(
    fc.property(
      fc.array(words, { maxLength: 30 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      (parts, sizes) => {
        const text = parts.join('');
        const stream = own.stream();
        let shown = '';
        for (let at = 0, turn = 0; at < text.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          shown += stream.push(text.slice(at, at + size));
          at += size;
        }
        expect(shown + stream.end()).toBe(own.redact(text));
      },
    ),
  );
});

test('a stream holds back nothing but what may become a secret', () => {
  const stream = redactorFor({ name: 'K', value: 'sk-0123456789' }).stream();
  expect(stream.push('ordinary text ')).toBe('ordinary text ');
  expect(stream.push('and sk-01')).toBe('and ');
  expect(stream.push('。')).toBe('sk-01。');
  expect(stream.push('sk-0123')).toBe('');
  expect(stream.push('456789!')).toBe('[redacted K]!');
  expect(stream.push('sk-')).toBe('');
  expect(stream.end()).toBe('sk-');
});

test('time grows with the text alone', () => {
  const own = redactorFor(...named(Array.from({ length: 20 }, (_, at) => `${'a'.repeat(200)}${at}`)));
  const time = (length: number) => {
    const text = 'a'.repeat(length);
    const startedAt = performance.now();
    expect(own.redact(text)).toBe(text);
    return performance.now() - startedAt;
  };
  time(100_000);
  expect(time(1_000_000)).toBeLessThan(2000);
});
