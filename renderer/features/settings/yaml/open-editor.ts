import { autocompletion, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { bracketMatching, indentOnInput, indentUnit } from '@codemirror/language';
import { type Diagnostic, linter, lintGutter, lintKeymap } from '@codemirror/lint';
import { search, searchKeymap } from '@codemirror/search';
import { EditorState, type Extension } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  hoverTooltip,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import type { ConfigFault } from '../../../../server/contract/config.ts';
import type { SettingSchema } from '../../../../server/contract/settings-text.ts';
import { completeSettings, hoverSettings, type SchemaWords } from './complete.ts';
import { look } from './look.ts';
import { lineEndOf, shadowOf } from './shadow.ts';

const checkDelayMs = 300;

export interface EditorParts {
  host: HTMLElement;
  text: string;
  label: string;
  schema: SettingSchema | undefined;
  words: SchemaWords;
  /** The editor's own words in the language of the page. */
  phrases: Record<string, string>;
  /** What the server would say. A rejection counts as nothing to say. */
  check(text: string): Promise<ConfigFault[]>;
  onChange(text: string): void;
  onSave(): void;
}

export interface Editor {
  text(): string;
  /** Replaces the whole text in a way that undo takes back. */
  replace(text: string): void;
  goTo(line: number): void;
  focus(): void;
  close(): void;
}

/** Everything that an editor of YAML has in common, comparing or not. */
export function basics(text: string, phrases: Record<string, string>): Extension[] {
  const lineEnd = lineEndOf(text);
  return [
    ...(lineEnd === undefined ? [] : [EditorState.lineSeparator.of(lineEnd)]),
    EditorState.phrases.of(phrases),
    lineNumbers(),
    history(),
    drawSelection(),
    indentOnInput(),
    indentUnit.of('  '),
    bracketMatching(),
    EditorView.lineWrapping,
    yaml(),
    look,
    keymap.of([...defaultKeymap, ...historyKeymap]),
  ];
}

export function openEditor(parts: EditorParts): Editor {
  const root = shadowOf(parts.host);
  const { schema, words } = parts;
  const save = () => {
    parts.onSave();
    return true;
  };
  const view = new EditorView({
    parent: root,
    root,
    state: EditorState.create({
      doc: parts.text,
      extensions: [
        keymap.of([{ key: 'Mod-s', run: save, preventDefault: true }, ...searchKeymap, ...lintKeymap]),
        keymap.of(completionKeymap),
        basics(parts.text, parts.phrases),
        search({ top: true }),
        highlightActiveLine(),
        highlightActiveLineGutter(),
        lintGutter(),
        linter(async (each) => diagnosticsOf(each.state, await parts.check(each.state.sliceDoc())), {
          delay: checkDelayMs,
        }),
        ...(schema
          ? [
              autocompletion({ override: [completeSettings(schema, words)], icons: false }),
              hoverTooltip(hoverSettings(schema, words)),
            ]
          : []),
        EditorView.contentAttributes.of({ 'aria-label': parts.label, spellcheck: 'false' }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) parts.onChange(update.state.sliceDoc());
        }),
      ],
    }),
  });
  return {
    text: () => view.state.sliceDoc(),
    replace(text) {
      const doc = view.state.toText(text);
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: doc }, scrollIntoView: true });
    },
    goTo(line) {
      const { from } = view.state.doc.line(Math.min(Math.max(1, line), view.state.doc.lines));
      view.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: 'center' }) });
      view.focus();
    },
    focus: () => view.focus(),
    close: () => view.destroy(),
  };
}

function diagnosticsOf(state: EditorState, faults: readonly ConfigFault[]): Diagnostic[] {
  return faults.map(({ line, path, message }) => {
    const at = state.doc.line(Math.min(Math.max(1, line ?? 1), state.doc.lines));
    const start = at.from + (at.text.length - at.text.trimStart().length);
    return { from: start, to: at.to, severity: 'error', message: path ? `${path}: ${message}` : message };
  });
}
