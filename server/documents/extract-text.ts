import { decodeText } from './charset.ts';
import type { Extracted } from './document-text.ts';

/** Safe and quick enough for the server's own thread. */
export function extractText(bytes: Uint8Array, kind: 'text' | 'markdown'): Extracted {
  const text = textOf(bytes);
  return { pages: [text], title: kind === 'markdown' ? headingOf(text) : '' };
}

export function textOf(bytes: Uint8Array): string {
  return decodeText(bytes, undefined, false).text.replaceAll('\r\n', '\n');
}

function headingOf(text: string): string {
  return /^#{1,2}[ \t]+(.+)$/m.exec(text.slice(0, 65_536))?.[1]?.trim() ?? '';
}
