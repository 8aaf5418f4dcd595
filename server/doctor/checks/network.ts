import { findPortOwner } from '../../http/port-owner.ts';
import { messageOf } from '../../lib/app-error.ts';
import { askDatabase } from '../../sessions/postgres/ask-database.ts';
import type { ProviderAnswer } from '../ask-providers.ts';
import type { CheckOutcome } from '../run-checks.ts';
import type { DoctorSurroundings } from '../surroundings.ts';

export async function checkPort({ config, ownAddress }: DoctorSurroundings): Promise<CheckOutcome> {
  const own = ownAddress();
  if (own !== undefined) return { state: 'ok', evidence: `The server listens at ${own}.` };
  const { port } = config().settings.server;
  if (port === 0) return { state: 'not_applicable', evidence: 'Any free port is taken at the start.' };
  const owner = await findPortOwner(port);
  if (owner === undefined) return { state: 'ok', evidence: `Port ${port} is free.` };
  const evidence = `Port ${port} is used by ${owner.name} (process ${owner.pid}).`;
  if (/node|agentrail|electron/i.test(owner.name)) return { state: 'ok', evidence };
  const fix = 'Stop that program, or set another port.';
  return { state: 'warn', evidence, fix, command: 'agentrail serve --port 0' };
}

export async function checkProviders(answers: Promise<ProviderAnswer[]>): Promise<CheckOutcome> {
  const asked = await answers;
  if (asked.length === 0) {
    return { state: 'not_applicable', evidence: 'No key is set; the offline demo answers.' };
  }
  const details = asked.map(
    ({ name, host, status, fault, durationMs }) => `${name}  ${host}  ${fault ?? `status ${status}`}  ${durationMs} ms`,
  );
  const failed = asked.filter(({ fault }) => fault !== undefined);
  if (failed.length === 0) {
    return { state: 'ok', evidence: `${asked.map(({ name }) => name).join(', ')} can be reached.`, details };
  }
  const evidence = failed.map(({ name, host, fault }) => `${name} at ${host}: ${fault}`).join('; ');
  return { state: 'warn', evidence, details, fix: 'Look at the network, a proxy, or the address in the settings.' };
}

export async function checkDatabase({ databaseUrl }: DoctorSurroundings): Promise<CheckOutcome> {
  const url = databaseUrl();
  if (url === undefined)
    return { state: 'not_applicable', evidence: 'DATABASE_URL is not set; sessions lie in files.' };
  try {
    const { version, isReadOnly, connections, maxConnections } = await askDatabase(url);
    const evidence = `PostgreSQL ${version}, ${connections} of ${maxConnections} connections used.`;
    if (isReadOnly) {
      const fix = 'Point DATABASE_URL at the server that takes writes.';
      return { state: 'bad', evidence: `${evidence} It is read-only, for instance a standby.`, fix };
    }
    if (connections >= maxConnections * 0.9) {
      return { state: 'warn', evidence, fix: 'Raise max_connections or run fewer instances.' };
    }
    return { state: 'ok', evidence };
  } catch (error) {
    return { state: 'bad', evidence: messageOf(error), fix: 'Start the database, or mend DATABASE_URL in Secrets.' };
  }
}
