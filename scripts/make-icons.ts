/** Makes the icons of every system from resources/icons/icon.svg. Run by hand when the drawing changes. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { chromiumFlags, findChromium } from '../e2e/support/chromium.ts';
import { icnsOf, icnsSizes, icoOf, icoSizes } from './icon-files.ts';

const folder = join(import.meta.dirname, '../resources/icons');
const packaging = join(folder, 'packaging');
const linuxSizes = [16, 24, 32, 48, 64, 128, 256, 512];
/** Of a Mac's icon the drawing takes this part; the system's own icons keep the same margin. */
const macShare = 0.86;

const svg = await readFile(join(folder, 'icon.svg'), 'utf8');
const executablePath = findChromium();
const browser = await chromium.launch({ args: chromiumFlags, ...(executablePath && { executablePath }) });
const page = await browser.newPage();

async function draw(size: number, share = 1): Promise<Buffer> {
  await page.setViewportSize({ width: size, height: size });
  const style = `html,body{margin:0;height:100%}body{display:grid;place-items:center}svg{width:${share * 100}%;height:${share * 100}%}`;
  await page.setContent(`<style>${style}</style><body>${svg}</body>`);
  return page.screenshot({ omitBackground: true });
}

async function drawAll(sizes: readonly number[], share?: number) {
  const drawn: { size: number; png: Buffer }[] = [];
  for (const size of sizes) drawn.push({ size, png: await draw(size, share) });
  return drawn;
}

await mkdir(join(packaging, 'linux'), { recursive: true });
for (const { size, png } of await drawAll(linuxSizes))
  await writeFile(join(packaging, `linux/${size}x${size}.png`), png);
await writeFile(join(folder, 'icon-512.png'), await draw(512));
await writeFile(join(packaging, 'icon.ico'), icoOf(await drawAll(icoSizes)));
await writeFile(join(packaging, 'icon.icns'), icnsOf(await drawAll(icnsSizes, macShare)));
await browser.close();
