// Makes the sandbox image from resources/sandbox/Dockerfile, and its base where no registry can be reached. With
// `--browser` also the one with a browser, which stands on it; an older plain one is taken as it is.
import { join } from 'node:path';
import { importBase } from './debian-base.ts';
import { browserImage, sandboxImage } from './docker-engine.ts';
import { read, run, runQuietly, say } from './sandbox-image-steps.ts';

const base = 'debian:bookworm-slim';
const pullTimeoutMs = 300_000;
const root = join(import.meta.dirname, '..');
const context = join(root, 'resources/sandbox');
const wantsBrowser = process.argv.includes('--browser');

try {
  await makeImage();
} catch (cause) {
  say(cause instanceof Error ? cause.message : String(cause));
  process.exitCode = 1;
}

async function makeImage(): Promise<void> {
  if ((await runQuietly('docker', ['version'])) !== 0) {
    throw new Error(
      'The docker command is missing or reaches no engine. Install and start Docker, then run this again.',
    );
  }
  if (!wantsBrowser || (await runQuietly('docker', ['image', 'inspect', sandboxImage])) !== 0) {
    await provideBase();
    await build(sandboxImage, context);
    say(`${sandboxImage} is ready.`);
  }
  if (wantsBrowser) {
    await build(browserImage, join(context, 'browser'));
    say(`${browserImage} is ready. Choose it with sandbox.image: ${browserImage}`);
  }
}

async function provideBase(): Promise<void> {
  if ((await runQuietly('docker', ['image', 'inspect', base])) === 0) {
    say(`Base ${base}: the engine has it.`);
    return;
  }
  say(`Base ${base}: pulling it.`);
  if ((await run('docker', ['pull', base], { timeoutMs: pullTimeoutMs })) === 0) {
    return;
  }
  say('It cannot be pulled: making it on this machine.');
  await importBase(base, { cacheDir: join(root, '.cache/sandbox'), dockerfile: join(context, 'Dockerfile') });
}

async function build(tag: string, folder: string): Promise<void> {
  say(`Building ${tag}.`);
  const args = ['build', '--force-rm', ...(await proxyArguments()), '--tag', tag];
  if ((await run('docker', [...args, folder])) === 0) {
    return;
  }
  say('The build failed. Trying again with the network of this machine, which reaches its package mirror.');
  if ((await run('docker', [...args, '--network', 'host', folder])) !== 0) {
    throw new Error('The image cannot be built; the lines above say why.');
  }
}

/** A proxy that apt uses here is one that apt needs in the build as well; no apt, no proxy. Docker knows this argument. */
async function proxyArguments(): Promise<string[]> {
  const query = ['dump', '--format', '%v', 'Acquire::http::Proxy'];
  const proxy = (await read('apt-config', query).catch(() => '')).trim();
  return /^https?:/.test(proxy) ? ['--build-arg', `http_proxy=${proxy}`] : [];
}
