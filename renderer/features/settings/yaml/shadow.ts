/**
 * The place of an editor. The page's policy allows no style elements; below a shadow root the editor uses adopted style
 * sheets instead, which are no elements and need no exception.
 */
export function shadowOf(host: HTMLElement): ShadowRoot {
  return host.shadowRoot ?? host.attachShadow({ mode: 'open', delegatesFocus: false });
}

/** How the lines of a text end, so that it is stored as it was. Undefined: as usual, or mixed. */
export function lineEndOf(text: string): string | undefined {
  return /\r\n/.test(text) && !/(^|[^\r])\n/.test(text) ? '\r\n' : undefined;
}
