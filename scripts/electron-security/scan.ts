import { rules } from './rules.ts';
import { lineAt, memberOf, type Node, parseFile, textOf, walk } from './syntax.ts';

export interface Finding {
  file: string;
  line: number;
  problem: string;
}

export interface SourceFile {
  /** Relative to the root, with forward slashes. */
  path: string;
  text: string;
}

/** What somebody looked at: this many findings that begin so, in this file. One more or one less is told. */
export interface Reviewed {
  path: string;
  problem: string;
  count: number;
  why: string;
}

/** What the main process must have somewhere: calls, and events that are listened to. */
const neededCalls = [
  'requestSingleInstanceLock',
  'registerSchemesAsPrivileged',
  'setPermissionRequestHandler',
  'setPermissionCheckHandler',
  'setDevicePermissionHandler',
  'setWindowOpenHandler',
];
const neededEvents = [
  'web-contents-created',
  'will-navigate',
  'will-frame-navigate',
  'will-redirect',
  'will-attach-webview',
];

export function scan(files: readonly SourceFile[], reviewed: readonly Reviewed[]): Finding[] {
  const trees = files.map((file) => ({ ...file, isHtml: file.path.endsWith('.html') }));
  const parsed = trees
    .filter(({ isHtml }) => !isHtml)
    .map((file) => ({ ...file, tree: parseFile(file.path, file.text) }));
  const found = [
    ...parsed.flatMap(findIn),
    ...trees.filter(({ isHtml }) => isHtml).flatMap(findInHtml),
    ...findMissing(parsed.filter(({ path }) => path.startsWith('electron/')).map(({ tree }) => tree)),
  ];
  return withoutReviewed(found, reviewed);
}

function findIn({ path, text, tree }: SourceFile & { tree: Node }): Finding[] {
  return [...walk(tree)].flatMap((node) =>
    rules.flatMap((rule) => {
      const problem = rule(node, path);
      return problem === undefined ? [] : [{ file: path, line: lineAt(text, node.start), problem }];
    }),
  );
}

const htmlProblems: [RegExp, string][] = [
  [/<webview\b/i, 'webview: <webview>'],
  [
    /<(?:script|link|img|iframe|object|embed)\b[^>]*\s(?:src|href|data)\s*=\s*["']?(?:https?:|\/\/|data:text)/i,
    'remote-content: html',
  ],
  [/<script\b(?![^>]*\ssrc=)[^>]*>\s*\S/i, 'string-as-code: inline script'],
  [/\son\w+\s*=\s*["']/i, 'string-as-code: inline handler'],
  [/<style\b/i, 'content-security-policy: inline style'],
];

function findInHtml({ path, text }: SourceFile): Finding[] {
  return htmlProblems.flatMap(([pattern, problem]) => {
    const match = pattern.exec(text);
    return match ? [{ file: path, line: lineAt(text, match.index), problem }] : [];
  });
}

function findMissing(trees: readonly Node[]): Finding[] {
  const calls = trees.flatMap((tree) => [...walk(tree)].filter(({ type }) => type === 'CallExpression'));
  const names = new Set(calls.map(({ callee }) => memberOf(callee).name));
  const events = new Set(calls.map((call) => textOf((call.arguments as Node[])[0])));
  const missing = [
    ...neededCalls.filter((name) => !names.has(name)).map((name) => `missing: ${name} is never called`),
    ...neededEvents.filter((name) => !events.has(name)).map((name) => `missing: nobody listens to ${name}`),
  ];
  return missing.map((problem) => ({ file: 'electron', line: 1, problem }));
}

function withoutReviewed(found: readonly Finding[], reviewed: readonly Reviewed[]): Finding[] {
  const isCovered = ({ file, problem }: Finding, { path, problem: known }: Reviewed) =>
    file === path && problem.startsWith(known);
  const rest = found.filter((finding) => !reviewed.some((known) => isCovered(finding, known)));
  const changed = reviewed.flatMap((known) => {
    const count = found.filter((finding) => isCovered(finding, known)).length;
    if (count === known.count) return [];
    const problem = `reviewed: ${known.problem} was looked at ${known.count} times and is there ${count} times`;
    return [{ file: known.path, line: 1, problem }];
  });
  return [...rest, ...changed];
}
