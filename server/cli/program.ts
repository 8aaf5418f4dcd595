import { Command, InvalidArgumentError, Option } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { AppError } from '../lib/app-error.ts';
import { addBackupCommands } from './backup.ts';
import { addCompletionCommand } from './completion.ts';
import { addConfigCommands } from './config.ts';
import { runConsole } from './console.ts';
import { addDataCommands } from './data.ts';
import { addDeployCommand } from './deploy.ts';
import { addDoctorCommand } from './doctor.ts';
import { addInitCommand } from './init.ts';
import { addKnowledgeCommands } from './knowledge.ts';
import { addMemoryCommands } from './memory.ts';
import { addMoveCommand } from './move.ts';
import { exitCodeOf, exitCodes, tellFault } from './opened-data.ts';
import { addSandboxCommands } from './sandboxes.ts';
import { addSecretCommands } from './secrets.ts';
import { runServe } from './serve.ts';
import { addSkillCommands } from './skills.ts';
import { addStatusCommands } from './status.ts';
import { addTokenCommands } from './tokens.ts';

/** The whole command line. Nothing happens before it parses. */
export function createProgram(): Command {
  const program = new Command('agentrail')
    .description('Runs the Agentrail server and its console on this machine.')
    .version(packageJson.version)
    .configureHelp({ showGlobalOptions: true });

  program
    .command('console', { isDefault: true })
    .description('start the server and show the console in the browser')
    .addOption(dataDir())
    .addOption(config())
    .addOption(port())
    .addOption(host())
    .addOption(consolePort())
    .option('--no-open', 'print the link, open no browser')
    .option('--no-start', 'leave the agent server stopped')
    .addOption(new Option('--launcher-pipe <fd>', 'ends with its launcher').argParser(toPort).hideHelp())
    .action((options) => run(() => runConsole(options)));

  program
    .command('serve')
    .description('start the server without a display; logs go to standard output')
    .addOption(dataDir())
    .addOption(config())
    .addOption(port())
    .addOption(host())
    .addOption(consolePort())
    .option('--console', 'serve the console too, and print its one-time link')
    .action((options) => run(() => runServe(options)));

  addSandboxCommands(program, [dataDir(), config()]);
  addDataCommands(program, [dataDir(), config()]);
  addMoveCommand(program, [dataDir(), config()]);
  addBackupCommands(program, [dataDir(), config()]);
  addDoctorCommand(program, [dataDir(), config()]);
  addDeployCommand(program, [dataDir(), config()]);
  addInitCommand(program);
  addStatusCommands(program, [dataDir(), config()]);
  addSecretCommands(program, [dataDir(), config()]);
  addTokenCommands(program, [dataDir(), config()]);
  addConfigCommands(program, [dataDir(), config()]);
  addMemoryCommands(program, [dataDir(), config()]);
  addSkillCommands(program, [dataDir(), config()]);
  addKnowledgeCommands(program, [dataDir(), config()]);
  addCompletionCommand(program);
  return program;
}

const dataDir = () => new Option('--data-dir <folder>', 'where sessions, secrets and logs lie (default: ~/.agentrail)');
const config = () => new Option('--config <file>', 'settings file to use instead of the one that is found');
const port = () => new Option('--port <number>', 'port of the agent server (default: 3000)').argParser(toPort);
const host = () => new Option('--host <address>', 'address of the agent server (default: 127.0.0.1)');
const consolePort = () =>
  new Option('--console-port <number>', 'port of the console (default: 3100, or the next free one)').argParser(toPort);

function toPort(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
  throw new InvalidArgumentError('A port is a whole number from 0 to 65535.');
}

/** For what goes on until a signal: a fault at its start ends the program. */
async function run(command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    tellFault(error);
    // For a command another owner is one that it cannot reach; here it is what keeps this one from starting.
    const isOwned = error instanceof AppError && error.code === 'data_dir_locked';
    process.exit(isOwned ? exitCodes.problem : exitCodeOf(error));
  }
}
