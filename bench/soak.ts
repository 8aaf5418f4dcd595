import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { live } from './soak/life.ts';
import { startPlainModel } from './soak/plain-model.ts';

/**
 * `node bench/soak.ts [--hours 8] [--speed 48] [--seed 1] [--no-docker]`: so many hours of life in hours/speed. The wall
 * clock of the program goes faster by the same factor, so that what is due by the day is due.
 */
const { values } = parseArgs({
  options: {
    hours: { type: 'string', default: '8' },
    speed: { type: 'string', default: '48' },
    seed: { type: 'string', default: '1' },
    'no-docker': { type: 'boolean', default: false },
    /** Set by the program itself for the process that is measured. */
    inside: { type: 'string' },
  },
});

if (values.inside !== undefined) {
  const [dataDir = '', modelUrl = ''] = values.inside.split('|');
  const isFlat = await live({
    dataDir,
    modelUrl,
    durationMs: (Number(values.hours) * 3_600_000) / Number(values.speed),
    speed: Number(values.speed),
    seed: Number(values.seed),
    hasDocker: !values['no-docker'],
  });
  process.exitCode = isFlat ? 0 : 1;
} else {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'soak-'));
  const model = await startPlainModel();
  const clockFile = path.join(dataDir, 'clock');
  await writeFile(clockFile, '0');
  const hook = path.join(import.meta.dirname, '../server/storm/fixtures/jumping-clock.ts');
  const again = process.argv.slice(1);
  const child = spawn(
    process.execPath,
    ['--expose-gc', '--import', hook, ...again, '--inside', `${dataDir}|${model.baseUrl}`],
    {
      env: {
        PATH: process.env.PATH ?? '',
        HOME: dataDir,
        AGENTRAIL_TEST_CLOCK: clockFile,
        ...(values['no-docker'] && { DOCKER_HOST: 'unix:///nonexistent/docker.sock' }),
      },
      stdio: ['ignore', 'inherit', 'pipe'],
    },
  );
  // The hook tells of each step of the clock.
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    const rest = text.replace(/The wall clock is off by -?\d+ ms\.\n/g, '');
    if (rest !== '') process.stderr.write(rest);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  await model.close();
  if (code === 0) await rm(dataDir, { recursive: true, force: true });
  else console.log(`The data directory is kept: ${dataDir}`);
  process.exitCode = code ?? 1;
}
