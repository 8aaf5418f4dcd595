import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { peer, type Subject } from './subjects.ts';

const folder = join(import.meta.dirname, '../../.cache/peers/mastra');
const packages = ['@mastra/core@latest', '@mastra/memory@latest', '@mastra/libsql@latest'];

/** Mastra, installed into a folder that git does not know. Without a registry it is left out, loudly. */
export function openMastra(dir: string, tell: (step: string) => void): Subject[] {
  try {
    if (!existsSync(join(folder, 'node_modules/@mastra/libsql'))) install(tell);
  } catch (error) {
    tell(`MASTRA IS LEFT OUT: npm could not install it: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  }
  return [peer('Mastra', 'mastra.ts', dir, { BENCH_PEER: folder, MASTRA_TELEMETRY_DISABLED: '1' })];
}

function install(tell: (step: string) => void): void {
  tell('installing Mastra');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}\n');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  execFileSync(npm, ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...packages], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 300_000,
  });
}
