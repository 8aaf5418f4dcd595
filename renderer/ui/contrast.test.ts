import { describe, expect, it } from 'vitest';

/** Vitest empties style sheets that are imported, so this one is read from the disk; the page has no types of Node. */
const fileSystem: string = 'node:fs';
const { readFileSync }: { readFileSync(file: URL, encoding: 'utf8'): string } = await import(fileSystem);
const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8');

type Scheme = 'light' | 'dark';
type Tokens = Record<string, number>;

/** Relative luminance (WCAG 2) of an opaque OKLCH colour, clipped to sRGB. */
function luminance(lightness: number, chroma: number, hueDegrees: number): number {
  const hue = (hueDegrees * Math.PI) / 180;
  const a = chroma * Math.cos(hue);
  const b = chroma * Math.sin(hue);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const clip = (value: number) => Math.min(1, Math.max(0, value));
  const red = clip(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s);
  const green = clip(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s);
  const blue = clip(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function readTokens(): Record<Scheme, Tokens> {
  const tokens: Record<Scheme, Tokens> = { light: {}, dark: {} };
  const colour = String.raw`oklch\(([\d.]+) ([\d.]+) ([\d.]+)\)`;
  for (const found of css.matchAll(new RegExp(String.raw`--([\w-]+): light-dark\(${colour}, ${colour}\)`, 'g'))) {
    const [, name = '', ...numbers] = found;
    const [l1 = 0, c1 = 0, h1 = 0, l2 = 0, c2 = 0, h2 = 0] = numbers.map(Number);
    tokens.light[name] = luminance(l1, c1, h1);
    tokens.dark[name] = luminance(l2, c2, h2);
  }
  return tokens;
}

const pairs: [text: string, grounds: string[], atLeast: number][] = [
  ['text', ['bg', 'panel', 'sunk', 'hover', 'raised', 'code', 'accent-bg', 'warn-bg', 'bad-bg'], 7],
  ['dim', ['bg', 'panel', 'sunk', 'hover', 'code', 'accent-bg', 'warn-bg', 'bad-bg'], 4.5],
  ['faint', ['bg', 'panel', 'sunk', 'hover', 'code', 'accent-bg'], 4.5],
  ['accent', ['bg', 'panel', 'hover', 'accent-bg'], 4.5],
  ['ok', ['bg', 'panel', 'hover', 'ok-bg'], 4.5],
  ['warn', ['bg', 'panel', 'hover', 'warn-bg'], 4.5],
  ['bad', ['bg', 'panel', 'hover', 'bad-bg'], 4.5],
  ['on-accent', ['accent', 'accent-strong'], 4.5],
  ['on-bad', ['bad', 'bad-strong'], 4.5],
];

describe.each(['light', 'dark'] as const)('the %s tokens', (scheme) => {
  const tokens = readTokens()[scheme];
  const cases = pairs.flatMap(([text, grounds, atLeast]) => grounds.map((ground) => [text, ground, atLeast] as const));

  it.each(cases)('keep %s on %s at %d to 1 or more', (text, ground, atLeast) => {
    const [front, back] = [tokens[text], tokens[ground]];
    if (front === undefined || back === undefined) throw new Error(`tokens.css lacks ${text} or ${ground}`);
    const contrast = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    expect(contrast).toBeGreaterThanOrEqual(atLeast);
  });
});
