import { execFileSync } from 'node:child_process';
import type { Command } from 'commander';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cliCommands, commandText } from '../contract/cli-commands.ts';
import { createProgram } from './program.ts';
import { endWithUsage, everyCommand } from './usage.ts';

/** What the real parser made of the arguments: the verb, what was named, and its options. Nothing is carried out. */
async function parse(args: readonly string[]) {
  const program = createProgram();
  let found: { verb: string; named: unknown[]; options: Record<string, unknown> } | undefined;
  for (const command of everyCommand(program)) {
    command.configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
    command.action((...given: unknown[]) => {
      const named = given.slice(0, -2);
      found = { verb: verbOf(command), named, options: command.optsWithGlobals() };
    });
  }
  endWithUsage(program, (code) => {
    throw new Error(`exit ${code}`);
  });
  await program.parseAsync([...args], { from: 'user' });
  if (!found) throw new Error('nothing was called');
  return found;
}

function verbOf(command: Command): string {
  return command.parent?.parent ? `${verbOf(command.parent)} ${command.name()}` : command.name();
}

/** As a shell takes a line apart. */
function wordsOf(line: string): string[] {
  const script = `agentrail() { for word; do printf '%s\\0' "$word"; done; }; ${line}`;
  return execFileSync('/bin/sh', ['-c', script]).toString().split('\0').slice(0, -1);
}

const session = { tenantId: 'acme', userId: 'ann', sessionId: 'ses_1' };
const copied: [name: keyof typeof cliCommands, args: string[], expected: object][] = [
  ['sessionsRemove', cliCommands.sessionsRemove([session]), { verb: 'sessions rm', named: [['acme/ann/ses_1']] }],
  ['sandboxesRemove', cliCommands.sandboxesRemove(['a', 'b']), { verb: 'sandboxes rm', named: [['a', 'b']] }],
  [
    'sandboxesClean',
    cliCommands.sandboxesClean(['container:x', 'workspace:acme/ses_1'], true),
    { options: { only: ['container:x', 'workspace:acme/ses_1'], apply: true, saveWorkspaces: true } },
  ],
  [
    'retentionApply',
    cliCommands.retentionApply({ maxAgeDays: 0.5, maxTotalBytes: 9, maxLogDays: 3, tenantId: 'acme' }),
    { verb: 'retention apply', options: { days: 0.5, bytes: 9, logDays: 3, tenant: 'acme' } },
  ],
  ['backupRemove', cliCommands.backupRemove('x.tar.zst'), { verb: 'backup rm', named: [['x.tar.zst']] }],
  [
    'restore',
    cliCommands.restore('/b/x.tar.zst'),
    { verb: 'restore', named: ['/b/x.tar.zst'], options: { yes: true } },
  ],
  ['dataMove', cliCommands.dataMove('/path/to'), { verb: 'data move', named: ['/path/to'], options: { yes: true } }],
  ['dataReset', cliCommands.dataReset(true), { verb: 'data reset', options: { yes: true, keepSettings: true } }],
  ['quarantine', cliCommands.quarantine(), { verb: 'data quarantine', options: { yes: true } }],
  [
    'tenantImport',
    cliCommands.tenantImport('acme 1.gz'),
    { verb: 'tenants import', named: ['acme 1.gz'], options: { merge: 'replace' } },
  ],
  ['skillRemove', cliCommands.skillRemove('reading'), { verb: 'skills rm', named: [['reading']] }],
  [
    'knowledgeRemove',
    cliCommands.knowledgeRemove({ tenantId: 'acme', kbId: 'kb_1' }),
    { verb: 'knowledge rm', named: [['kb_1']], options: { tenant: 'acme' } },
  ],
  ['oldCopyRemove', cliCommands.oldCopyRemove(), { verb: 'data confirm-move', options: { yes: true } }],
  ['secretClear', cliCommands.secretClear('A_KEY', true), { verb: 'secrets rm', options: { forget: true } }],
  ['tokenRevoke', cliCommands.tokenRevoke('tok_1'), { verb: 'tokens revoke', named: [['tok_1']] }],
  ['memoryClear', cliCommands.memoryClear(session), { verb: 'memory clear', named: ['acme/ann'] }],
  [
    'tenantErase',
    cliCommands.tenantErase('acme', 'ann'),
    { verb: 'tenants erase', options: { user: 'ann', yes: true } },
  ],
  ['serverStop', cliCommands.serverStop(true), { verb: 'server stop', options: { now: true } }],
  ['serverRestart', cliCommands.serverRestart(false), { verb: 'server restart' }],
];

describe('what a button copies is understood by the command line', () => {
  it.each(copied)('%s', async (_name, args, expected) => {
    const dataDir = "/home/a b/it's data";
    const words = wordsOf(commandText(args, dataDir, 'linux'));
    const found = await parse(words);
    expect(found).toMatchObject(expected);
    expect(found.options).toMatchObject({ dataDir });
  });

  it('each of them is tried here', () => {
    expect(copied.map(([name]) => name).toSorted()).toEqual(Object.keys(cliCommands).toSorted());
  });

  it('any data directory and any names come through a shell as they are', () => {
    const text = fc.string({ unit: 'binary', maxLength: 20 }).map((each) => each.replaceAll('\0', ''));
    fc.assert(
      fc.property(text, fc.array(text, { minLength: 1, maxLength: 3 }), (dataDir, ids) => {
        const words = wordsOf(commandText(cliCommands.sandboxesClean(ids, false), dataDir, 'linux'));
        const sent = ['sandboxes', 'clean', '--apply', '--data-dir', dataDir, '--only', ...ids];
        expect(words).toEqual(sent.map((each) => Buffer.from(each).toString()));
      }),
      { numRuns: 60 },
    );
  });
});

it('no line of arguments whatever makes the parser do anything but parse or end with usage', async () => {
  const words = everyCommand(createProgram()).flatMap((command) => [
    command.name(),
    ...command.options.flatMap(({ long, short }) => [long ?? '', short ?? '']),
  ]);
  const word = fc.oneof(
    fc.constantFrom(...words),
    fc.string({ maxLength: 12 }),
    fc.constantFrom('--', '-', '=', '--x=1'),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(word, { maxLength: 6 }), async (args) => {
      const outcome = await parse(args).catch((error: Error) => error.message);
      if (typeof outcome === 'string') expect(outcome).toMatch(/^exit \d$/);
      else expect(outcome.verb).not.toBe('');
    }),
    { numRuns: 150 },
  );
});

it.each([
  ['sesions ls', 'sessions'],
  ['sessions lss', 'ls'],
  ['serv', 'serve'],
])('an unknown verb names the nearest: %s', async (line, meant) => {
  const program = createProgram();
  let said = '';
  for (const command of everyCommand(program)) command.configureOutput({ writeErr: (text) => (said += text) });
  endWithUsage(program, (code) => {
    throw new Error(`exit ${code}`);
  });
  await expect(program.parseAsync(line.split(' '), { from: 'user' })).rejects.toThrow('exit');
  expect(said).toContain(`(Did you mean ${meant}?)`);
});
