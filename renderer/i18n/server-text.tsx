import { useServerText } from './use-server-text.ts';

/** A sentence of the server in the language of the page. */
export function ServerText({ children }: { children: string }) {
  return useServerText()(children);
}
