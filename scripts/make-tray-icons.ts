/** Draws resources/icons/tray: one icon per state, in the sizes of the systems. Run by hand when the drawing changes. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { chromiumFlags, findChromium } from '../e2e/support/chromium.ts';

const folder = join(import.meta.dirname, '../resources/icons/tray');

/** The dot beside the sign; its shape tells too, for those who see no colours and for menu bars that have none. */
const marks: Record<string, (colour: string) => string> = {
  idle: (colour) => `<circle cx="25" cy="25" r="5" fill="none" stroke="${colour}" stroke-width="2.5"/>`,
  busy: (colour) => `<path d="M25 19v12M19.8 22l10.4 6M30.2 22l-10.4 6" stroke="${colour}" stroke-width="2.6"/>`,
  ready: (colour) => `<circle cx="25" cy="25" r="6" fill="${colour}"/>`,
  attention: (colour) => `<path d="M25 18l7.2 13H17.8z" fill="${colour}"/>`,
  failed: (colour) =>
    `<path d="M20 20l10 10M30 20L20 30" stroke="${colour}" stroke-width="3.4" stroke-linecap="round"/>`,
};
const colours: Record<string, string> = {
  idle: '#8a94a3',
  busy: '#2f5fe0',
  ready: '#2f9e5f',
  attention: '#d98a12',
  failed: '#d9413a',
};

const sign = (colour: string) =>
  `<path d="M11 5 7 24M19 5l3.4 14M9.6 10.6h10.8M8.6 17h12.4" fill="none" stroke="${colour}" stroke-width="2.6" stroke-linecap="round"/>`;

function draw(name: string, isTemplate: boolean): string {
  const mark = marks[name]?.(isTemplate ? '#000' : (colours[name] ?? '#000')) ?? '';
  const inside = isTemplate
    ? sign('#000')
    : `<rect width="30" height="30" rx="7" fill="#2f5fe0"/>${sign('#fff')}<circle cx="25" cy="25" r="8.6" fill="#fff"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="100%" height="100%">${inside}${mark}</svg>`;
}

const executablePath = findChromium();
const browser = await chromium.launch({ args: chromiumFlags, ...(executablePath && { executablePath }) });
const page = await browser.newPage();
for (const name of Object.keys(marks))
  for (const isTemplate of [false, true])
    for (const scale of [1, 2]) {
      const size = (isTemplate ? 16 : 24) * scale;
      await page.setViewportSize({ width: size, height: size });
      await page.setContent(`<body style="margin:0">${draw(name, isTemplate)}</body>`);
      const png = await page.screenshot({ omitBackground: true });
      await writeFile(join(folder, `${name}${isTemplate ? 'Template' : ''}${scale === 2 ? '@2x' : ''}.png`), png);
    }
await browser.close();
