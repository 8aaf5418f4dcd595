import { spawn, spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { findChromium } from '../e2e/support/chromium.ts';
import { exitOf } from './child.ts';
import { findDeployTools } from './deploy-tests.ts';
import { askDocker, browserImage, sandboxImage } from './docker-engine.ts';
import { findEngineTools } from './engine-tools.ts';

/** Something that a suite needs and this machine lacks. */
export interface Missing {
  what: string;
  howToGetIt: string;
}

export interface Prerequisites {
  docker: Missing | undefined;
  chromium: Missing | undefined;
  postgres: Missing | undefined;
  engines: Missing | undefined;
  deploy: Missing | undefined;
}

/** Looks for what tests need; makes the sandbox image where there is an engine without it. */
export async function findPrerequisites(root: string): Promise<Prerequisites> {
  const engines = findEngineTools();
  const docker = await findDocker(root);
  const postgres = findPostgres();
  const deploy = docker ?? postgres ?? findDeployTools();
  return { docker, chromium: findBrowser(), postgres, engines, deploy };
}

async function findDocker(root: string): Promise<Missing | undefined> {
  if ((await askDocker('/_ping')) !== 200)
    return {
      what: 'a Docker engine that answers',
      howToGetIt: 'install Docker (apt-get install docker.io, or Docker Desktop), start it, or set DOCKER_HOST',
    };
  return (await findImage(root, sandboxImage, [])) ?? (await findImage(root, browserImage, ['--browser']));
}

async function findImage(root: string, image: string, args: string[]): Promise<Missing | undefined> {
  if ((await askDocker(`/images/${image}/json`)) === 200) return undefined;
  process.stdout.write(`The image ${image} is not at the engine yet: making it.\n`);
  const script = join(root, 'scripts/make-sandbox-image.ts');
  const code = await exitOf(spawn(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit' }));
  if (code === 0) return undefined;
  return {
    what: `the image ${image}`,
    howToGetIt: `run: ${['node scripts/make-sandbox-image.ts', ...args].join(' ')}, and see its message`,
  };
}

/** The programs of a server, which Debian keeps out of the PATH; the tests make clusters of their own. */
function findPostgres(): Missing | undefined {
  if (globSync('/usr/lib/postgresql/*/bin/initdb').length > 0) return undefined;
  if (spawnSync('pg_config', ['--bindir'], { stdio: 'ignore' }).status === 0) return undefined;
  return { what: 'PostgreSQL', howToGetIt: 'apt-get install postgresql, or put pg_config into the PATH' };
}

function findBrowser(): Missing | undefined {
  if (findChromium()) return undefined;
  return {
    what: 'a Chromium',
    howToGetIt: 'apt-get install chromium, or npx playwright install chromium, or set CHROMIUM_PATH',
  };
}
