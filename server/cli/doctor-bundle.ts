import { createWriteStream } from 'node:fs';
import { copyFile, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import packageJson from '../../package.json' with { type: 'json' };
import { readEnvironment, secretVariables } from '../config/env.ts';
import { bundleParts } from '../contract/support-bundle.ts';
import { secretFiles } from '../data/backup/chosen-files.ts';
import { AppError } from '../lib/app-error.ts';
import { systemClock } from '../lib/clock.ts';
import { createSecretsManager, type OwnedSecretsManager } from '../secrets/create-secrets-manager.ts';
import { createSupportBundles } from '../support-bundle/support-bundles.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { createLogging } from '../telemetry/logging.ts';
import { openDoctorHere } from './doctor-here.ts';
import { type DataFlags, exitCodes, locate, mustBeThere } from './opened-data.ts';
import { say } from './output.ts';

/** What may hold values that nobody knows while the vault is closed. */
const onlyWithVault: ReadonlySet<string> = new Set(['logs', 'crashes']);

/** Writes a support bundle, also beside a running server; the content of sessions is never in it. */
export async function bundleHere(file: string, flags: DataFlags, signal: AbortSignal): Promise<number> {
  await mustBeFree(file);
  const { dataDir, config } = await locate(flags);
  await mustBeThere(dataDir);
  const { secrets, close: closeSecrets } = await openSecretsCopy(dataDir);
  const here = await openDoctorHere(flags, { redactor: secrets.redactor, vault: secrets.status });
  const logging = createLogging({
    dataDir,
    level: () => 'error',
    redactor: () => secrets.redactor,
    clock: systemClock,
  });
  try {
    const { state } = secrets.status();
    const isKnown = state === 'unlocked' || state === 'empty';
    const bundles = createSupportBundles({
      ...{ redactor: secrets.redactor, clock: systemClock },
      sources: {
        ...{ dataDir, home: readEnvironment().home, version: packageJson.version },
        config: () => ({ settings: config.current(), values: config.values(), file: config.filePath() }),
        doctor: () => here.doctor.run({ signal }),
        logs: async (limit) => (await logging.store.query({ limit: Math.min(limit, 2000) }, signal)).lines,
        engine: async () => ({ engine: await here.engine() }),
        secrets: () => ({ vault: secrets.status(), list: secrets.list() }),
      },
    });
    const parts = bundleParts.filter((part) => part !== 'sessions' && (isKnown || !onlyWithVault.has(part)));
    const { id, files, left } = await bundles.gather({ parts, signal });
    const whole = `${file}.part`;
    try {
      await pipeline(bundles.pack(id, []), createWriteStream(whole, { flags: 'wx', mode: 0o600 }), { signal });
      await rename(whole, file);
    } catch (error) {
      await rm(whole, { force: true });
      throw error;
    }
    if (flags.json) say(JSON.stringify({ file, files, left }));
    else {
      for (const { name, lines, redactions } of files) say(`${name.padEnd(28)} ${lines} lines, ${redactions} redacted`);
      for (const { part, reason } of left) say(`left out: ${part}  ${reason}`);
      if (!isKnown) say('left out: logs, crashes  The vault is locked, so its values cannot be looked for.');
      say(`Written to ${file}. Look through it before you hand it on.`);
    }
    return left.length === 0 && isKnown ? exitCodes.fine : exitCodes.problem;
  } finally {
    await logging.store.close();
    await here.close();
    await closeSecrets();
  }
}

async function mustBeFree(file: string): Promise<void> {
  const isTaken = await stat(file).then(
    () => true,
    () => false,
  );
  if (isTaken) throw new AppError('file_exists', `There is a file at ${file} already. Choose another name.`);
}

/** A copy, because opening the vault tidies up beside it, and that is its owner's to do. */
async function openSecretsCopy(dataDir: string): Promise<{ secrets: OwnedSecretsManager; close(): Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'agentrail-vault-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    for (const name of await secretFiles(dataDir)) await copyFile(path.join(dataDir, name), path.join(folder, name));
    const { vaultPassphrase } = readEnvironment();
    const secrets = await createSecretsManager({
      ...{ dataDir: folder, environment: secretVariables(), clock: systemClock, logger: silentLogger },
      ...(vaultPassphrase !== undefined && { passphrase: vaultPassphrase }),
    });
    const close = async () => {
      await secrets.close();
      await remove();
    };
    return { secrets, close };
  } catch (error) {
    await remove();
    throw error;
  }
}
