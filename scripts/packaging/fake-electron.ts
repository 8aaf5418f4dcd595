import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where Electron keeps its fuses: this text, a version, how many there are, and a digit for each. */
const sentinel = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
const fusesOfElectron = '101100101';

/** A folder that electron-builder takes for an unpacked Electron for Linux: names, and a wire of fuses as it is delivered. */
export async function makeFakeElectron(dir: string, version: string): Promise<void> {
  await mkdir(join(dir, 'resources'), { recursive: true });
  await mkdir(join(dir, 'locales'));
  const wire = [Buffer.from(sentinel), Buffer.from([1, fusesOfElectron.length]), Buffer.from(fusesOfElectron)];
  await writeFile(join(dir, 'electron'), Buffer.concat([Buffer.from('not Electron\n'), ...wire, Buffer.from('\n')]));
  await chmod(join(dir, 'electron'), 0o755);
  const rest = ['LICENSE', 'LICENSES.chromium.html', 'chrome-sandbox', 'icudtl.dat', 'resources.pak'];
  for (const name of [...rest, 'locales/en-US.pak', 'locales/zh-CN.pak', 'locales/fr.pak'])
    await writeFile(join(dir, name), 'not Electron');
  await writeFile(join(dir, 'version'), version);
}
