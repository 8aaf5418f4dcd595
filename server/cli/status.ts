import { type Command, Option } from 'commander';
import type { ConsoleState } from '../console/api.ts';
import type { ServerState } from '../contract/server-state.ts';
import { systemClock } from '../lib/clock.ts';
import type { ConsoleClient } from './link/with-console.ts';
import { type DataFlags, exitCodes, inMegabytes } from './opened-data.ts';
import { say, sayPlain } from './output.ts';
import { dressVerb, onConsole } from './verbs.ts';

interface ServerFlags extends DataFlags {
  now?: boolean;
}

const lookEveryMs = 300;
const inTransit = new Set<ServerState['phase']>(['starting', 'draining']);

/** `agentrail status` and `agentrail server start|stop|restart`: of the program that owns the data directory. */
export function addStatusCommands(program: Command, common: Option[]): void {
  dressVerb(program.command('status'), 'tell how the running server is; 3 when none runs', common).action(
    (flags: DataFlags) => onConsole(flags, (console) => status(console, flags), { only: 'server' }),
  );
  const server = program.command('server').description('start, stop and restart the agent server of a running program');
  const add = (name: string, about: string) => dressVerb(server.command(name), about, common);
  const now = () => new Option('--now', 'end runs instead of waiting for them');
  const work = (flags: ServerFlags, act: (console: ConsoleClient) => Promise<unknown>) =>
    onConsole(flags, (console) => settle(console, flags, act), { only: 'server' });
  const modeOf = ({ now: isNow }: ServerFlags) => ({ mode: isNow ? ('now' as const) : ('drain' as const) });
  add('start', 'let it listen again').action((flags: ServerFlags) =>
    work(flags, ({ api, ask }) => ask(api.server.start.$post({ json: {} }))),
  );
  add('stop', 'wait for runs, destroy sandboxes, listen no more; the program itself stays')
    .addOption(now())
    .action((flags: ServerFlags) => work(flags, ({ api, ask }) => ask(api.server.stop.$post({ json: modeOf(flags) }))));
  add('restart', 'stop and start it, with the settings of the file')
    .addOption(now())
    .action((flags: ServerFlags) =>
      work(flags, ({ api, ask }) => ask(api.server.restart.$post({ json: modeOf(flags) }))),
    );
}

const stateOf = ({ api, ask }: ConsoleClient) => ask<ConsoleState>(api.state.$get());

async function status(console: ConsoleClient, { json }: DataFlags): Promise<number> {
  const state = await stateOf(console);
  if (json) say(JSON.stringify(state));
  else tell(state);
  return state.server.phase === 'ready' && !state.problems.some(({ severity }) => severity === 'bad')
    ? exitCodes.fine
    : exitCodes.problem;
}

function tell({ server, version, dataDir, runs, sandboxes, engine, vault, disk, problems }: ConsoleState): void {
  const going = runs.filter(({ status: each }) => each === 'running').length;
  const lines: [string, string][] = [
    ['Server', `${server.phase}${server.address === undefined ? '' : `, ${server.address}`}`],
    ['Version', version],
    ['Data', `${dataDir}${disk === null ? '' : `, ${inMegabytes(disk.freeBytes)} free`}`],
    ['Runs', `${going} going on`],
    ['Sandboxes', `${sandboxes.length}, Docker ${engine.state}`],
    ['Vault', vault.state],
  ];
  if (server.fault) lines.push(['Fault', server.fault.message]);
  for (const { code, severity, params } of problems) {
    const about = Object.values(params).join(' ');
    lines.push([
      severity === 'bad' ? 'BAD' : 'Look',
      `${code.replaceAll('_', ' ')}${about === '' ? '' : ` (${about})`}`,
    ]);
  }
  for (const [head, text] of lines) sayPlain(`${head.padEnd(10)} ${text}`);
}

/** Waits until the server is where it was sent, or could not go there. */
async function settle(
  console: ConsoleClient,
  { json }: DataFlags,
  act: (console: ConsoleClient) => Promise<unknown>,
): Promise<number> {
  await act(console);
  for (;;) {
    const { server } = await stateOf(console);
    if (!inTransit.has(server.phase)) {
      if (json) say(JSON.stringify(server));
      else sayPlain(server.fault ? server.fault.message : `The server is ${server.phase}.`);
      return server.phase === 'failed' ? exitCodes.problem : exitCodes.fine;
    }
    await systemClock.sleep(lookEveryMs, console.signal);
  }
}
