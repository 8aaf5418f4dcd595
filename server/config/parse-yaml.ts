import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { ConfigFault } from '../contract/config.ts';
import { messageOf } from '../lib/app-error.ts';
import { looksLikeCredential } from './credential-like.ts';
import { type ReadLegacy, readLegacySettings } from './legacy-settings.ts';
import { settingFaults } from './setting-faults.ts';
import { isMap as isObject, nodeAt } from './setting-tree.ts';

const MAX_LENGTH = 1_048_576;
/** One slip can make every later line a fault of its own. */
const MAX_SYNTAX_FAULTS = 10;

/** A configuration file, read as far as it goes. Never thrown: what is wrong is in `faults`. */
export interface ParsedConfig {
  text: string;
  /** The settings that the file holds, without defaults; meaningful only without faults. */
  settings: unknown;
  /** Keeps comments and order; undefined when the text is not YAML at all. */
  document: Document | undefined;
  isPortMoved: boolean;
  /** Sorted by line. */
  faults: ConfigFault[];
  notes: ConfigFault[];
  /** The line of a setting, or of the nearest section above it. */
  lineOf(path: string): number | undefined;
}

export function parseConfig(text: string): ParsedConfig {
  return { ...readText(text), text };
}

function readText(text: string): Omit<ParsedConfig, 'text'> {
  const lineCounter = new LineCounter();
  const lineAt = (offset: number) => lineCounter.linePos(offset).line;
  try {
    if (text.length > MAX_LENGTH) return broken([{ path: '', message: `The file is over ${MAX_LENGTH} characters.` }]);
    const document = parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: false, stringKeys: true });
    const syntax = [...document.errors, ...document.warnings].map(({ message, pos }) => {
      return { path: '', line: lineAt(pos[0]), message: `This is not YAML: ${message}.` };
    });
    if (syntax.length > 0) return broken(syntax.slice(0, MAX_SYNTAX_FAULTS));
    return readDocument(document, lineAt);
  } catch (error) {
    // Aliases that lead nowhere or blow up, and nesting deeper than the stack, are thrown by the library.
    return broken([{ path: '', message: `The file cannot be read as YAML: ${messageOf(error)}.` }]);
  }
}

function broken(faults: ConfigFault[]): Omit<ParsedConfig, 'text'> {
  return { settings: {}, document: undefined, isPortMoved: false, faults, notes: [], lineOf: () => undefined };
}

function readDocument(document: Document, lineAt: (offset: number) => number): Omit<ParsedConfig, 'text'> {
  const places = [...placesOf(document.contents, [])];
  const lines = new Map<string, number>();
  // Names may hold dots, so that two places can have one dotted path.
  const seen = new Map<string, number>();
  const duplicates: ConfigFault[] = [];
  const impossible: ConfigFault[] = [];
  const misplaced: ConfigFault[] = [];
  for (const { keys, offset, text } of places) {
    const path = keys.join('.');
    const line = lineAt(offset);
    const place = JSON.stringify(keys);
    const first = seen.get(place);
    if (first === undefined) seen.set(place, line);
    else duplicates.push({ path, line, message: `This is there twice; the first is in line ${first}.` });
    if (!lines.has(path)) lines.set(path, line);
    if (keys.at(-1) === '__proto__' && nodeAt(keys.slice(0, -1))?.kind === 'named') {
      impossible.push({ path, line, message: 'This name is not possible.' });
    }
    if (text !== undefined && looksLikeCredential(text)) {
      misplaced.push({ path, line, message: 'This looks like a secret. Move it to the Secrets page.' });
    }
  }
  const lineOf = (path: string): number | undefined =>
    lines.get(path) ?? ((path && lineOf(parentOf(path))) || undefined);

  const legacy = readLegacySettings(withoutEmptySections(document.toJS() ?? {}));
  const placed = (fault: ConfigFault) => withLine(atOldPlace(fault, legacy), lineOf);
  const faults = [...duplicates, ...impossible, ...settingFaults(legacy.settings).map(placed)];
  return {
    settings: legacy.settings,
    document,
    isPortMoved: legacy.isPortMoved,
    faults: faults.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)),
    notes: [...legacy.notes.map(placed), ...misplaced],
    lineOf,
  };
}

interface Place {
  keys: string[];
  offset: number;
  /** Of a text value. */
  text?: string;
}

/** Every key and list item with the place where it stands. */
function* placesOf(node: Node | null, path: string[]): Generator<Place> {
  if (!isMap(node) && !isSeq(node)) return;
  for (const [index, item] of node.items.entries()) {
    const pair = isSeq(node) ? { key: index, value: item } : (item as { key: unknown; value: unknown });
    const value = pair.value as Node | null;
    const key = isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
    const start = isScalar(pair.key) ? pair.key.range : value?.range;
    const below = [...path, key];
    const text = isScalar(value) && typeof value.value === 'string' ? { text: value.value } : {};
    yield { keys: below, offset: start?.[0] ?? 0, ...text };
    if (!isAlias(value)) yield* placesOf(value, below);
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('.')));
}

/** A section whose lines are all commented out is null in YAML; here it is a section without settings. */
function withoutEmptySections(value: unknown, path: string[] = []): unknown {
  const kind = nodeAt(path)?.kind;
  if (value === null && (kind === 'section' || kind === 'named')) return {};
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, held]) => [key, withoutEmptySections(held, [...path, key])]);
  return Object.fromEntries(entries);
}

function atOldPlace(fault: ConfigFault, { isPortMoved }: ReadLegacy): ConfigFault {
  return isPortMoved && fault.path === 'server.port' ? { ...fault, path: 'apps.playgroundServer.port' } : fault;
}

function withLine(fault: ConfigFault, lineOf: (path: string) => number | undefined): ConfigFault {
  const line = lineOf(fault.path);
  return line === undefined ? fault : { ...fault, line };
}
