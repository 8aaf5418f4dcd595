import type { App } from 'electron';
import { linkScheme, parseDeepLink } from './deep-links.ts';
import { parseStart } from './start-options.ts';

export interface LinkFollower {
  /** Address of the page that the program was started with; undefined: none, or one that is not known. */
  first(): string | undefined;
  /**
   * Called for every later start and link; without an address, to come to the front. With the arguments of the start,
   * where it was one.
   */
  onOpen(open: (path?: string, argv?: string[]) => void): void;
}

/** Links come with the first start, with a second one, or on a Mac as an event, which can be before the program is ready. */
export function followLinks(
  app: Pick<App, 'on' | 'isPackaged' | 'setAsDefaultProtocolClient'>,
  given: string | undefined,
): LinkFollower {
  let first = given === undefined ? undefined : parseDeepLink(given);
  let open: ((path?: string, argv?: string[]) => void) | undefined;

  function follow(link: string | undefined, argv?: string[]): void {
    const path = link === undefined ? undefined : parseDeepLink(link);
    if (link !== undefined && path === undefined) console.error('A link that leads nowhere was left alone.');
    if (open) open(path, argv);
    else first = path ?? first;
  }

  // From source it would stay registered after the folder is gone.
  if (app.isPackaged) app.setAsDefaultProtocolClient(linkScheme);
  app.on('second-instance', (_event, argv) => follow(parseStart(argv.slice(1)).link, argv.slice(1)));
  app.on('open-url', (event, url) => {
    event.preventDefault();
    follow(url);
  });
  return {
    first: () => first,
    onOpen(next) {
      open = next;
    },
  };
}
