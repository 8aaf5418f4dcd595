import '@xterm/xterm/css/xterm.css';
import { FitAddon } from '@xterm/addon-fit';
import { SearchAddon } from '@xterm/addon-search';
import { Unicode11Addon } from '@xterm/addon-unicode11';
import { type ITheme, Terminal } from '@xterm/xterm';
import { copyText } from '../../../ui/copy-text.ts';
import { allowStyleAttributes, withPlainStyles } from './plain-document.ts';

export const isMac = /Mac/.test(navigator.userAgent);
const scrollbackLines = 5000;

export interface ScreenOptions {
  box: HTMLElement;
  label: string;
  onType(bytes: Uint8Array): void;
  onSize(size: { cols: number; rows: number }): void;
  onFind(): void;
  /** The person wants the keyboard back. */
  onLeave(): void;
}

export interface Screen {
  /** Resolves when it is drawn. */
  write(bytes: Uint8Array, isReplay: boolean): Promise<void>;
  /** Before it nothing is known any more. */
  reset(words: string): void;
  find(text: string, back: boolean): void;
  focus(): void;
  size(): { cols: number; rows: number };
  close(): void;
}

/** One terminal on the page. What programs print is drawn and never acted on: links and titles do nothing. */
export function openScreen({ box, label, onType, onSize, onFind, onLeave }: ScreenOptions): Screen {
  const terminal = new Terminal({
    allowProposedApi: true,
    fontFamily: getComputedStyle(box).fontFamily,
    fontSize: 13,
    lineHeight: 1.2,
    scrollback: scrollbackLines,
    cursorBlink: !matchMedia('(prefers-reduced-motion: reduce)').matches,
    minimumContrastRatio: 4.5,
    macOptionIsMeta: true,
    linkHandler: { activate: () => undefined },
    theme: themeOf(box),
  });
  const fit = new FitAddon();
  const search = new SearchAddon();
  terminal.loadAddon(fit);
  terminal.loadAddon(search);
  terminal.loadAddon(new Unicode11Addon());
  terminal.unicode.activeVersion = '11';
  allowStyleAttributes();
  withPlainStyles(() => terminal.open(box));
  terminal.textarea?.setAttribute('aria-label', label);

  const encoder = new TextEncoder();
  /** What was printed before may ask the terminal things; the program that asked is long past the answer. */
  let replaying = 0;
  terminal.onData((text) => {
    if (replaying === 0 || !text.startsWith('\u001b')) onType(encoder.encode(text));
  });
  terminal.onBinary((text) => onType(Uint8Array.from(text, (mark) => mark.charCodeAt(0))));
  terminal.onResize(onSize);
  terminal.attachCustomKeyEventHandler((event) => {
    const action = keyAction(event);
    if (!action) return true;
    if (event.type === 'keydown') {
      if (action === 'copy') void copyText(terminal.getSelection());
      if (action === 'find') onFind();
      if (action === 'leave') onLeave();
      if (action !== 'paste') event.preventDefault();
    }
    return false;
  });

  const refit = () => {
    if (box.clientWidth > 0) fit.fit();
  };
  const resized = new ResizeObserver(refit);
  resized.observe(box);
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const recolor = () => {
    terminal.options.theme = themeOf(box);
  };
  dark.addEventListener('change', recolor);
  const chosen = new MutationObserver(recolor);
  chosen.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  refit();

  return {
    write: (bytes, isReplay) =>
      new Promise((resolve) => {
        if (isReplay) replaying += 1;
        terminal.write(bytes, () => {
          if (isReplay) replaying -= 1;
          resolve();
        });
      }),
    reset(words) {
      terminal.reset();
      terminal.write(`${words}\r\n`);
    },
    find: (text, back) => void (back ? search.findPrevious(text) : search.findNext(text)),
    focus: () => terminal.focus(),
    size: () => ({ cols: terminal.cols, rows: terminal.rows }),
    close() {
      resized.disconnect();
      chosen.disconnect();
      dark.removeEventListener('change', recolor);
      terminal.dispose();
    },
  };
}

function keyAction(event: KeyboardEvent): 'copy' | 'paste' | 'find' | 'leave' | undefined {
  const key = event.key.toLowerCase();
  if (event.ctrlKey && event.shiftKey && key === 'm') return 'leave';
  const isOurs = isMac ? event.metaKey && !event.ctrlKey : event.ctrlKey && event.shiftKey;
  if (!isOurs) return undefined;
  return key === 'c' ? 'copy' : key === 'v' ? 'paste' : key === 'f' ? 'find' : undefined;
}

/** Tokens as the browser sees them here. */
function themeOf(box: HTMLElement): ITheme {
  const probe = document.createElement('span');
  box.append(probe);
  const color = (token: string) => {
    probe.style.color = `var(--${token})`;
    return getComputedStyle(probe).color;
  };
  const theme = {
    ...{ background: color('code'), foreground: color('text'), cursor: color('accent'), cursorAccent: color('code') },
    ...{ selectionBackground: color('accent-bg'), selectionForeground: color('text') },
    ...{ black: color('dim'), brightBlack: color('faint'), white: color('text'), brightWhite: color('text') },
    ...{ red: color('bad'), brightRed: color('bad-strong'), green: color('ok'), brightGreen: color('ok') },
    ...{
      yellow: color('warn'),
      brightYellow: color('warn'),
      blue: color('accent'),
      brightBlue: color('accent-strong'),
    },
    ...{
      cyan: color('accent'),
      brightCyan: color('accent-strong'),
      magenta: color('bad'),
      brightMagenta: color('bad'),
    },
  };
  probe.remove();
  return theme;
}
