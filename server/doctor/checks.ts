import type { Config } from '../contract/config.ts';
import { askProviders, type ProviderAnswer } from './ask-providers.ts';
import {
  checkBackup,
  checkCrashNotes,
  checkDataDir,
  checkDisk,
  checkInodes,
  checkIntegrity,
  checkRights,
} from './checks/data-dir.ts';
import { checkClock, checkPrograms } from './checks/machine.ts';
import { checkDatabase, checkPort, checkProviders } from './checks/network.ts';
import { checkLeftovers, checkLock, checkRepairs } from './checks/owner.ts';
import { checkContainers, checkDocker, checkImage } from './checks/sandboxes.ts';
import { checkIndex } from './checks/search-index.ts';
import { checkConfig, checkShadowed, checkVault } from './checks/settings.ts';
import type { DoctorCheck } from './run-checks.ts';
import type { DoctorSurroundings } from './surroundings.ts';

const engineTimeoutMs = 25_000;
const scanTimeoutMs = 3_600_000;

/** What can be wrong around a server, each by a look of its own. For one round: what several need is asked once. */
export function doctorChecks(at: DoctorSurroundings): DoctorCheck[] {
  let asked: Promise<ProviderAnswer[]> | undefined;
  const answers = () => {
    asked ??= askProviders(at);
    return asked;
  };
  return [
    { name: 'data_dir', title: 'Data directory', run: () => checkDataDir(at) },
    { name: 'permissions', title: 'Rights of files', run: () => checkRights(at) },
    { name: 'lock', title: 'Owner', run: () => checkLock(at) },
    {
      name: 'integrity',
      title: 'Stored sessions',
      timeoutMs: scanTimeoutMs,
      run: (signal) => checkIntegrity(at, signal),
    },
    { name: 'index', title: 'Search index', timeoutMs: 60_000, run: () => checkIndex(at) },
    { name: 'leftovers', title: 'Half-made files', timeoutMs: 60_000, run: (signal) => checkLeftovers(at, signal) },
    { name: 'repairs', title: 'Earlier repairs', run: () => checkRepairs(at) },
    { name: 'disk', title: 'Disk space', run: () => checkDisk(at) },
    { name: 'inodes', title: 'Number of files', run: () => checkInodes(at) },
    { name: 'clock', title: 'Clock', run: () => checkClock(at, answers()) },
    { name: 'programs', title: 'Programs', run: (signal) => checkPrograms(at, signal) },
    { name: 'config', title: 'Settings', run: async () => checkConfig(at) },
    { name: 'shadowed', title: 'Where settings come from', run: async () => checkShadowed(at) },
    { name: 'vault', title: 'Vault', run: () => checkVault(at) },
    { name: 'docker', title: 'Docker', timeoutMs: engineTimeoutMs, run: () => checkDocker(at) },
    { name: 'image', title: 'Sandbox image', timeoutMs: engineTimeoutMs, run: () => checkImage(at) },
    { name: 'containers', title: 'Leftover containers', timeoutMs: engineTimeoutMs, run: () => checkContainers(at) },
    { name: 'port', title: 'Port', run: () => checkPort(at) },
    { name: 'providers', title: 'Model providers', run: () => checkProviders(answers()) },
    { name: 'database', title: 'Database', timeoutMs: engineTimeoutMs, run: () => checkDatabase(at) },
    { name: 'backup', title: 'Backup', run: () => checkBackup(at) },
    { name: 'crashes', title: 'Crash notes', run: () => checkCrashNotes(at) },
  ];
}

/** Where providers are asked whose key is set; a server of one's own needs none. */
export function reachableProviders(
  settings: Config,
  isSet: (name: string) => boolean,
): { name: string; url: string }[] {
  const found = new Map<string, string>();
  if (isSet('ANTHROPIC_API_KEY')) found.set('anthropic', 'https://api.anthropic.com');
  if (isSet('OPENAI_API_KEY')) found.set('openai', 'https://api.openai.com');
  if (settings.llm.baseUrl !== undefined) found.set(settings.llm.provider ?? 'default', settings.llm.baseUrl);
  for (const [name, { baseUrl }] of Object.entries(settings.providers))
    if (baseUrl !== undefined) found.set(name, baseUrl);
  return [...found].map(([name, url]) => ({ name, url }));
}
