import type { Completion, CompletionContext, CompletionResult, CompletionSource } from '@codemirror/autocomplete';
import type { EditorView, Tooltip } from '@codemirror/view';
import type { SettingSchema } from '../../../../server/contract/settings-text.ts';
import { choicesOf, factsOf, keysAbove, keysBeside, readLine, schemaAt } from './schema-path.ts';

export interface SchemaWords {
  /** Before a default value. */
  default: string;
  /** What a setting is in the language of the page; undefined when only the schema knows. */
  describe(path: string): string | undefined;
}

/** Names of settings and values to choose from, as the schema has them. */
export function completeSettings(schema: SettingSchema, words: SchemaWords): CompletionSource {
  return (context) => completeValue(context, schema) ?? completeKey(context, schema, words);
}

function completeKey(context: CompletionContext, root: SettingSchema, words: SchemaWords): CompletionResult | null {
  const { state, pos } = context;
  const line = state.doc.lineAt(pos);
  const typed = /^(\s*)([\w-]*)$/.exec(line.text.slice(0, pos - line.from));
  if (!typed || line.text.slice(pos - line.from).trim() !== '') return null;
  const [, space = '', start = ''] = typed;
  if (start === '' && !context.explicit && space === '') return null;
  const lines = state.doc.toJSON();
  const at = line.number - 1;
  const path = keysAbove(lines, at, space.length);
  const node = schemaAt(root, path);
  if (!node?.properties) return null;
  const beside = keysBeside(lines, at, space.length);
  const options = Object.entries(node.properties)
    .filter(([key]) => !beside.includes(key))
    .map(([key, child]) => keyOption(key, child, [...path, key].join('.'), space, words));
  return { from: pos - start.length, options, validFor: /^[\w-]*$/ };
}

function keyOption(key: string, child: SettingSchema, path: string, space: string, words: SchemaWords): Completion {
  const isSection = child.properties !== undefined || typeof child.additionalProperties === 'object';
  const apply = isSection ? `${key}:\n${space}  ` : child.type === 'array' ? `${key}:\n${space}  - ` : `${key}: `;
  return {
    label: key,
    type: isSection ? 'namespace' : 'property',
    apply,
    info: () => docBox(path, child, words),
  };
}

function completeValue({ state, pos, explicit }: CompletionContext, root: SettingSchema): CompletionResult | null {
  const line = state.doc.lineAt(pos);
  const before = line.text.slice(0, pos - line.from);
  const lines = state.doc.toJSON();
  const item = /^(\s*)- +([\w.*-]*)$/.exec(before);
  const entry = item ? undefined : readLine(before);
  const typed = item?.[2] ?? /:\s+([\w.-]*)$/.exec(before)?.[1];
  if (typed === undefined || (!item && !entry)) return null;
  if (typed === '' && !explicit && !/[:-] $/.test(before)) return null;
  // A list may stand at the indentation of its own key.
  const path = entry
    ? [...keysAbove(lines, line.number - 1, entry.indent), entry.key]
    : keysAbove(lines, line.number - 1, (item?.[1]?.length ?? 0) + 1);
  const node = schemaAt(root, path);
  const choices = node ? choicesOf(node) : [];
  if (choices.length === 0) return null;
  return {
    from: pos - typed.length,
    options: choices.map((label) => ({ label, type: 'enum' })),
    validFor: /^[\w.-]*$/,
  };
}

/** What the setting under the pointer is. */
export function hoverSettings(schema: SettingSchema, words: SchemaWords) {
  return (view: EditorView, pos: number): Tooltip | null => {
    const line = view.state.doc.lineAt(pos);
    const entry = readLine(line.text);
    if (!entry) return null;
    const from = line.from + line.text.indexOf(entry.key);
    const end = from + entry.key.length;
    if (pos < from || pos > end) return null;
    const path = [...keysAbove(view.state.doc.toJSON(), line.number - 1, entry.indent), entry.key];
    const node = schemaAt(schema, path);
    if (!node) return null;
    return { pos: from, end, above: true, create: () => ({ dom: docBox(path.join('.'), node, words) }) };
  };
}

function docBox(path: string, node: SettingSchema, words: SchemaWords): HTMLElement {
  const box = document.createElement('div');
  box.className = 'cm-setting-doc';
  const add = (tag: string, text: string) => {
    if (text === '') return;
    const part = document.createElement(tag);
    part.textContent = text;
    box.append(part);
  };
  add('strong', path);
  add('p', words.describe(path) ?? node.description ?? '');
  add('code', factsOf(node, words.default));
  return box;
}
