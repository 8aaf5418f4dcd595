import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { type Clock, useClock } from './clock.ts';

const cache = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat | Intl.RelativeTimeFormat>();

function cached<T extends Intl.NumberFormat | Intl.DateTimeFormat | Intl.RelativeTimeFormat>(
  key: string,
  make: () => T,
): T {
  const found = cache.get(key);
  if (found) return found as T;
  const made = make();
  cache.set(key, made);
  return made;
}

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

export interface Format {
  number(value: number): string;
  /** 1,234 → 1.2K */
  compact(value: number): string;
  percent(value: number): string;
  /** US dollars; small sums keep the digits that matter. */
  money(dollars: number): string;
  /** Powers of 1,024 with their usual letters. */
  bytes(bytes: number): string;
  /** A length of time: 12 ms, 1.4 s, 3 min 12 s, 3 h 12 min. */
  duration(ms: number): string;
  /** A running length: 00:41 or 1:02:10. */
  stopwatch(ms: number): string;
  time(at: number): string;
  /** With milliseconds, for log lines. */
  preciseTime(at: number): string;
  dateTime(at: number): string;
  /** Month and day, for axes. */
  day(at: number): string;
  /** Hours and minutes, for axes. */
  hour(at: number): string;
  /** 2 min ago, in 18 min. */
  relative(at: number, now: number): string;
}

/** As the words of the console are set: a space between figures and Chinese, where Intl puts none. */
function spaced(text: string): string {
  return text.replaceAll(/(?<=\d)(?=\p{Script=Han})/gu, ' ');
}

function unit(locale: string, value: number, name: string, digits = 0): string {
  const format = cached(
    `${locale} ${name} ${digits}`,
    () =>
      new Intl.NumberFormat(locale, { style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits: digits }),
  );
  return spaced(format.format(value));
}

function formatDuration(locale: string, ms: number): string {
  if (ms < second) return unit(locale, ms, 'millisecond', ms < 10 ? 1 : 0);
  if (ms < minute) return unit(locale, ms / second, 'second', ms < 10 * second ? 1 : 0);
  const [large, small, size, rest] =
    ms < hour
      ? ['minute', 'second', minute, second]
      : ms < day
        ? ['hour', 'minute', hour, minute]
        : ['day', 'hour', day, hour];
  const whole = Math.floor(ms / (size as number));
  const left = Math.floor((ms % (size as number)) / (rest as number));
  const first = unit(locale, whole, large as string);
  return left === 0 ? first : `${first} ${unit(locale, left, small as string)}`;
}

function formatBytes(locale: string, bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
  let step = 0;
  let value = bytes;
  while (value >= 1024 && step < units.length - 1) {
    value /= 1024;
    step += 1;
  }
  return unit(locale, value, units[step] ?? 'byte', value >= 100 ? 0 : 1);
}

function formatRelative(locale: string, at: number, now: number): string {
  const format = cached(
    `${locale} relative`,
    () => new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' }),
  );
  const left = at - now;
  const size = Math.abs(left);
  if (size < minute) return spaced(format.format(Math.round(left / second), 'second'));
  if (size < hour) return spaced(format.format(Math.round(left / minute), 'minute'));
  if (size < day) return spaced(format.format(Math.round(left / hour), 'hour'));
  return spaced(format.format(Math.round(left / day), 'day'));
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}

export function createFormat(locale: string, clock: Clock = '24'): Format {
  const hourCycle = clock === '24' ? 'h23' : 'h12';
  const number = (key: string, options: Intl.NumberFormatOptions) =>
    cached(`${locale} ${key}`, () => new Intl.NumberFormat(locale, options));
  const date = (key: string, options: Intl.DateTimeFormatOptions) =>
    cached(`${locale} ${clock} ${key}`, () => new Intl.DateTimeFormat(locale, options));
  return {
    number: (value) => number('number', { maximumFractionDigits: 1 }).format(value),
    compact: (value) => number('compact', { notation: 'compact', maximumFractionDigits: 1 }).format(value),
    percent: (value) => number('percent', { style: 'unit', unit: 'percent', maximumFractionDigits: 0 }).format(value),
    money: (dollars) => {
      const digits = dollars !== 0 && dollars < 0.1 ? 4 : 2;
      return number(`money ${digits}`, {
        style: 'currency',
        currency: 'USD',
        currencyDisplay: 'narrowSymbol',
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
      }).format(dollars);
    },
    bytes: (bytes) => formatBytes(locale, bytes),
    duration: (ms) => formatDuration(locale, Math.max(0, ms)),
    stopwatch: (ms) => {
      const total = Math.max(0, Math.floor(ms / second));
      const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
      return hours > 0 ? `${hours}:${pad(minutes)}:${pad(seconds)}` : `${pad(minutes)}:${pad(seconds)}`;
    },
    time: (at) => date('time', { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle }).format(at),
    preciseTime: (at) =>
      date('precise', {
        hour: '2-digit',
        minute: '2-digit',
        second: '2-digit',
        fractionalSecondDigits: 3,
        hourCycle,
      }).format(at),
    dateTime: (at) => date('dateTime', { dateStyle: 'medium', timeStyle: 'short', hourCycle }).format(at),
    day: (at) => date('day', { month: 'short', day: 'numeric' }).format(at),
    hour: (at) => date('hour', { hour: '2-digit', minute: '2-digit', hourCycle }).format(at),
    relative: (at, now) => formatRelative(locale, at, now),
  };
}

/** Numbers, times and sizes in the language of the page. */
export function useFormat(): Format {
  const { i18n } = useTranslation();
  const clock = useClock((state) => state.clock);
  return useMemo(() => createFormat(i18n.language, clock), [i18n.language, clock]);
}
