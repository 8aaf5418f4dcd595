import path from 'node:path';
import { AppError } from '../../../lib/app-error.ts';

/** An address that the browser may be sent to. Throws `invalid_url`, `scheme_refused`, `credentials_refused`, `path_outside_workspace`. */
export function parseBrowserUrl(text: string): URL {
  const url = URL.parse(text) ?? undefined;
  if (!url)
    throw refused('invalid_url', `${text.slice(0, 200)} is no address. Give a whole one, with http:// or https://.`);
  switch (url.protocol) {
    case 'http:':
    case 'https:':
      if (url.username !== '' || url.password !== '') {
        throw refused('credentials_refused', 'Addresses with a user name or password are refused.');
      }
      return url;
    case 'file:':
      if (url.hostname !== '' || !isInWorkspace(url)) {
        throw refused('path_outside_workspace', 'Of files only those below file:///workspace/ can be opened.');
      }
      return url;
    default:
      throw refused('scheme_refused', `${url.protocol} is refused; http, https and file:///workspace/ can be opened.`);
  }
}

/** Whether a page comes from the sandbox itself. */
export function isInsideSandbox(url: URL): boolean {
  const host = url.hostname.toLowerCase().replace(/\.$/, '');
  return (
    url.protocol === 'file:' ||
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '[::1]' ||
    /^127\.\d+\.\d+\.\d+$/.test(host)
  );
}

/** Chromium reads %2F and %2E as signs of a name here; nothing with them is let through to find out. */
function isInWorkspace({ pathname }: URL): boolean {
  if (/%2f|%2e|%5c|%00/i.test(pathname)) return false;
  return path.posix.normalize(pathname).startsWith('/workspace/');
}

function refused(code: string, sentence: string): AppError {
  return new AppError(code, sentence, { status: 400 });
}
