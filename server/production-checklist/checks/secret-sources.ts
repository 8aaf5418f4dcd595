import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { errnoOf } from '../../data/storage-error.ts';
import { type Check, type Finding, seen } from '../check.ts';
import type { ChecklistSurroundings } from '../surroundings.ts';

const largestEnvFile = 262_144;
/** A name that secrets have, with a value that is more than a placeholder. */
const secretLine =
  /^\s*(?:export\s+)?([A-Z][A-Z0-9_]*(?:KEY|TOKEN|SECRET|PASSWORD)|DATABASE_URL)\s*=\s*["']?([^\s"'#<$]{12,})/;

export const secretSources: Check = {
  id: 'secret_sources',
  async run(at) {
    const vault = await at.vault();
    const evidence = [seen('vault', `${vault.state}, key: ${vault.backend}`), seen('settings', at.configFile())];
    if (vault.state === 'locked' || vault.state === 'damaged')
      return { state: 'failed', code: 'vault_unusable', params: { state: vault.state }, evidence, fix: 'open_secrets' };
    return (
      inConfig(at, evidence) ?? (await inEnvFile(at, evidence)) ?? (await atRest(vault, evidence)) ?? fine(at, evidence)
    );
  },
};

function inConfig(at: ChecklistSurroundings, evidence: Finding['evidence']): Finding | undefined {
  const found = at.configRemarks().filter(({ message }) => message.startsWith('This looks like a secret'));
  if (found.length === 0) return undefined;
  const places = found.map(({ path: where, line }) => (line === undefined ? where : `${where} (line ${line})`));
  return {
    ...{ state: 'failed', code: 'secrets_in_config', params: { paths: places.join(', ') }, fix: 'open_secrets' },
    evidence: [...evidence, ...places.map((place) => seen('looks like a key', place))],
  };
}

/** Beside the settings, which is where such files are kept. Names are told, values never. */
async function inEnvFile(at: ChecklistSurroundings, evidence: Finding['evidence']): Promise<Finding | undefined> {
  const file = path.join(path.dirname(at.configFile()), '.env');
  const names = namesIn(await readSmall(file));
  evidence.push(seen(file, names === undefined ? 'not there' : names.length === 0 ? 'no keys' : names.join(', ')));
  if (!names || names.length === 0) return undefined;
  const params = { file, names: names.join(', ') };
  return { state: 'warning', code: 'secrets_in_env_file', params, evidence, fix: 'open_secrets' };
}

function namesIn(text: string | undefined): string[] | undefined {
  return text?.split('\n').flatMap((line) => secretLine.exec(line)?.[1] ?? []);
}

async function readSmall(file: string): Promise<string | undefined> {
  try {
    const { size } = await stat(file);
    return size > largestEnvFile ? '' : await readFile(file, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

async function atRest(
  vault: Awaited<ReturnType<ChecklistSurroundings['vault']>>,
  evidence: Finding['evidence'],
): Promise<Finding | undefined> {
  if (vault.state === 'empty') return undefined;
  const mode = (await stat(vault.file)).mode & 0o777;
  evidence.push(seen(vault.file, mode.toString(8)));
  if (process.platform !== 'win32' && (mode & 0o077) !== 0)
    return { state: 'failed', code: 'vault_readable', params: { file: vault.file }, evidence };
  if (vault.backend !== 'key_file') return undefined;
  return { state: 'warning', code: 'vault_key_on_disk', evidence, fix: 'open_secrets' };
}

async function fine(at: ChecklistSurroundings, evidence: Finding['evidence']): Promise<Finding> {
  const names = await at.secretNames();
  const isNone = names.length === 0;
  evidence.push(seen('set', isNone ? 'none' : names.join(', ')));
  if (isNone) return { state: 'not_applicable', code: 'no_secrets', evidence, fix: 'open_secrets' };
  return { state: 'passed', code: 'secrets_in_vault', evidence };
}
