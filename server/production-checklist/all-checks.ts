import type { Check } from './check.ts';
import { cors, token, transport } from './checks/access.ts';
import { backups, dataVolume, disk, sessionStore } from './checks/data.ts';
import { idleTimeout } from './checks/idle-timeout.ts';
import { leaks } from './checks/leaks.ts';
import { clock, health, logs, update } from './checks/operation.ts';
import { docker, imagePinned, sandboxPrivilege, shutdown } from './checks/sandboxes.ts';
import { secretSources } from './checks/secret-sources.ts';

/** One for each id of the contract, in its order. */
export const allChecks: readonly Check[] = [
  ...[secretSources, token, cors, transport, leaks],
  ...[docker, imagePinned, sandboxPrivilege, shutdown, idleTimeout],
  ...[dataVolume, sessionStore, backups, disk],
  ...[health, logs, clock, update],
];
