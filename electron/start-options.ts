import { parseArgs } from 'node:util';
import { isLink } from './deep-links.ts';

export interface StartOptions {
  /** No plugins, no MCP servers, and the server waits to be started. */
  isSafeMode: boolean;
  /** Without a window, as at login. */
  isHidden: boolean;
  /** Descriptor of a pipe whose other end `npm start` holds. */
  launcherPipe?: number;
  /** As it was given; not checked yet. */
  link?: string;
  /** The arguments that were meant as options. */
  own: string[];
}

/** What follows a link may have come with it, from a page of strangers: only what stands before it counts. */
export function parseStart(argv: readonly string[]): StartOptions {
  const linkAt = argv.findIndex(isLink);
  const own = linkAt < 0 ? [...argv] : argv.slice(0, linkAt);
  const link = argv[linkAt];
  const { values } = parseArgs({
    args: own,
    strict: false,
    allowPositionals: true,
    options: { 'safe-mode': { type: 'boolean' }, hidden: { type: 'boolean' }, 'launcher-pipe': { type: 'string' } },
  });
  const pipe = values['launcher-pipe'];
  return {
    isSafeMode: values['safe-mode'] === true,
    isHidden: values.hidden === true,
    ...(typeof pipe === 'string' && /^\d{1,4}$/.test(pipe) && { launcherPipe: Number(pipe) }),
    ...(link !== undefined && { link }),
    own,
  };
}

/**
 * Of a start that came while this program was ending, for the one after it. Its launcher's pipe is not handed on, and
 * whatever it says, a person asked for a window.
 */
export function argumentsOfLater(argv: readonly string[]): string[] {
  const linkAt = argv.findIndex(isLink);
  const isDropped = (argument: string, index: number) =>
    (linkAt < 0 || index < linkAt) &&
    (/^--(?:hidden|launcher-pipe)(?:=|$)/.test(argument) || argv[index - 1] === '--launcher-pipe');
  return argv.filter((argument, index) => !isDropped(argument, index));
}
