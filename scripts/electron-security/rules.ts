import { isNode, memberOf, type Node, nameOf, textOf, walk } from './syntax.ts';

/** What is wrong with a node of one file, told by the name of its rule; undefined: nothing. */
export type Rule = (node: Node, file: string) => string | undefined;

/** Stated although most are the default: a default can change, and a spread can bring another. */
const wantedPreferences: Record<string, boolean> = {
  contextIsolation: true,
  sandbox: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  webviewTag: false,
  navigateOnDragDrop: false,
};
const freePreferences = ['preload', 'spellcheck', 'devTools'];
const windowClasses = ['BrowserWindow', 'BrowserView', 'WebContentsView', 'BaseWindow'];
const forbiddenCalls: Record<string, string> = {
  openPath: 'open-path',
  executeJavaScript: 'string-as-code',
  executeJavaScriptInIsolatedWorld: 'string-as-code',
  insertAdjacentHTML: 'html-from-string',
  setHTMLUnsafe: 'html-from-string',
  createContextualFragment: 'html-from-string',
  setCertificateVerifyProc: 'certificate',
  enableRemoteModule: 'remote-module',
  registerFileProtocol: 'file-protocol',
  interceptFileProtocol: 'file-protocol',
  registerStringProtocol: 'old-protocol',
  registerBufferProtocol: 'old-protocol',
  registerHttpProtocol: 'old-protocol',
  registerStreamProtocol: 'old-protocol',
  loadFile: 'file-protocol',
  importCertificate: 'certificate',
  allowNTLMCredentialsForDomains: 'credentials',
};
const weakSwitches =
  /^(?:no-sandbox|disable-web-security|ignore-certificate-errors.*|allow-running-insecure-content|remote-debugging-(?:port|pipe)|remote-allow-origins|disable-site-isolation-trials|js-flags|enable-blink-features|host-rules|host-resolver-rules|auth-server-whitelist|proxy-server|inspect.*|disable-http-cache|allow-file-access-from-files|unsafely-.*)$/;
const weakPrivileges = ['bypassCSP', 'allowServiceWorkers', 'corsEnabled'];
const remoteModules = ['@electron/remote', 'electron/remote', 'remote'];
const insecureAddress = /^(?:https?|ftp|wss?|file|data|javascript):/i;

const isTrue = (node: unknown) => isNode(node) && node.type === 'Literal' && node.value === true;
const argumentsOf = (node: Node) => (node.arguments ?? []) as Node[];
const propertiesOf = (node: Node) => (node.properties ?? []) as Node[];

function findProperty(object: Node | undefined, name: string): Node | undefined {
  if (object?.type !== 'ObjectExpression') return undefined;
  return propertiesOf(object).find((property) => nameOf(property.key) === name);
}

const windowPreferences: Rule = (node) => {
  if (node.type !== 'NewExpression' || !windowClasses.includes(memberOf(node.callee).name ?? '')) return undefined;
  const preferences = findProperty(argumentsOf(node)[0], 'webPreferences')?.value as Node | undefined;
  if (preferences?.type !== 'ObjectExpression') return 'web-preferences: a window without its preferences written out';
  for (const property of propertiesOf(preferences)) {
    const name = nameOf(property.key);
    if (property.type !== 'Property' || name === undefined || property.computed === true)
      return 'web-preferences: preferences that are only known when it runs';
    if (freePreferences.includes(name)) continue;
    const value = property.value as Node;
    if (!(name in wantedPreferences)) return `web-preferences: ${name} is not among the known ones`;
    if (value.type !== 'Literal' || value.value !== wantedPreferences[name]) return `web-preferences: ${name}`;
  }
  const missing = Object.keys(wantedPreferences).find((name) => findProperty(preferences, name) === undefined);
  return missing && `web-preferences: ${missing} is not stated`;
};

const forbiddenUse: Rule = (node) => {
  if (node.type !== 'CallExpression') return undefined;
  const { name, object } = memberOf(node.callee);
  if (name !== undefined && Object.hasOwn(forbiddenCalls, name)) return `${forbiddenCalls[name]}: ${name}`;
  if (object === 'document' && (name === 'write' || name === 'writeln')) return 'html-from-string: document.write';
  return undefined;
};

const stringAsCode: Rule = (node) => {
  const { name } = memberOf(node.callee);
  const isCall = node.type === 'CallExpression' || node.type === 'NewExpression';
  if (isCall && (name === 'eval' || name === 'Function')) return `string-as-code: ${name}`;
  if (isCall && (name === 'setTimeout' || name === 'setInterval') && textOf(argumentsOf(node)[0]) !== undefined)
    return `string-as-code: ${name}`;
  return undefined;
};

const importedModules: Rule = (node, file) => {
  if (node.type !== 'ImportDeclaration' && node.type !== 'ImportExpression') return undefined;
  const source = textOf(node.source) ?? '';
  if (remoteModules.includes(source)) return `remote-module: ${source}`;
  if (/^(?:node:)?vm$/.test(source)) return 'string-as-code: vm';
  if (file.startsWith('electron/') && /^(?:node:)?child_process$/.test(source)) return 'processes: child_process';
  if (file.endsWith('preload.ts') && source !== 'electron' && !source.startsWith('./')) return `preload: ${source}`;
  return undefined;
};

const openExternal: Rule = (node) =>
  node.type === 'CallExpression' &&
  memberOf(node.callee).name === 'openExternal' &&
  memberOf(node.callee).object === 'shell'
    ? 'open-external: shell.openExternal'
    : undefined;

const htmlFromString: Rule = (node) => {
  if (node.type === 'AssignmentExpression') {
    const { name } = memberOf(node.left);
    if (['innerHTML', 'outerHTML', 'srcdoc'].includes(name ?? '')) return `html-from-string: ${name}`;
  }
  const isNamed = node.type === 'JSXAttribute' ? nameOf(node.name) : node.type === 'Property' ? nameOf(node.key) : '';
  return ['dangerouslySetInnerHTML', 'srcDoc'].includes(isNamed ?? '') ? `html-from-string: ${isNamed}` : undefined;
};

const webviews: Rule = (node) => {
  if (node.type === 'JSXOpeningElement' && nameOf(node.name) === 'webview') return 'webview: <webview>';
  const isMade = node.type === 'CallExpression' && memberOf(node.callee).name === 'createElement';
  return isMade && textOf(argumentsOf(node)[0]) === 'webview' ? 'webview: createElement' : undefined;
};

/** Messages of the page: each handler looks at who asks and at what was given. */
const messages: Rule = (node) => {
  if (node.type !== 'CallExpression') return undefined;
  const { object, name } = memberOf(node.callee);
  if (object !== 'ipcMain' || name === 'removeHandler') return undefined;
  if (name !== 'handle') return `ipc: ipcMain.${name} has no answer and no checks here; use handle`;
  const handler = argumentsOf(node)[1];
  const called = handler ? [...walk(handler)].filter(({ type }) => type === 'CallExpression') : [];
  const names = called.map(({ callee }) => memberOf(callee).name);
  if (!names.includes('isOwnPage')) return 'ipc: a handler that does not look at its sender';
  return names.includes('parse') ? undefined : 'ipc: a handler that does not check its arguments';
};

const bridges: Rule = (node) => {
  if (node.type !== 'CallExpression' || memberOf(node.callee).name !== 'exposeInMainWorld') return undefined;
  const exposed = argumentsOf(node)[1];
  const isRaw = exposed !== undefined && [...walk(exposed)].some((part) => nameOf(part) === 'ipcRenderer');
  return isRaw ? 'bridge: ipcRenderer itself is handed to the page' : undefined;
};

const addresses: Rule = (node) => {
  const isLoad = node.type === 'CallExpression' && memberOf(node.callee).name === 'loadURL';
  if (isLoad && insecureAddress.test(textOf(argumentsOf(node)[0]) ?? '')) return 'remote-content: loadURL';
  if (
    node.type !== 'JSXAttribute' ||
    !['src', 'href', 'action', 'data', 'formAction'].includes(nameOf(node.name) ?? '')
  )
    return undefined;
  const value = isNode(node.value) && node.value.type === 'JSXExpressionContainer' ? node.value.expression : node.value;
  const text = textOf(value) ?? '';
  if (/^(?:javascript|data|file):/i.test(text)) return `remote-content: ${nameOf(node.name)}`;
  return nameOf(node.name) !== 'href' && insecureAddress.test(text)
    ? `remote-content: ${nameOf(node.name)}`
    : undefined;
};

const certificates: Rule = (node) => {
  if (node.type !== 'CallExpression') return undefined;
  const { name } = memberOf(node.callee);
  const event = ['on', 'once', 'addListener'].includes(name ?? '') ? textOf(argumentsOf(node)[0]) : undefined;
  return event !== undefined && ['certificate-error', 'select-client-certificate', 'login'].includes(event)
    ? `certificate: ${event}`
    : undefined;
};

const switches: Rule = (node) => {
  if (node.type !== 'CallExpression') return undefined;
  const { object, name } = memberOf(node.callee);
  if (object !== 'commandLine' || (name !== 'appendSwitch' && name !== 'appendArgument')) return undefined;
  const given = textOf(argumentsOf(node)[0])?.replace(/^--/, '');
  return given === undefined || weakSwitches.test(given) ? `switches: ${given ?? 'unknown'}` : undefined;
};

const privileges: Rule = (node) =>
  node.type === 'Property' && weakPrivileges.includes(nameOf(node.key) ?? '') && isTrue(node.value)
    ? `scheme-privileges: ${nameOf(node.key)}`
    : undefined;

const grants: Rule = (node) => {
  if (node.type === 'Property' && nameOf(node.key) === 'action' && textOf(node.value) === 'allow')
    return 'window-open: allow';
  if (node.type !== 'CallExpression' || !/^set\w*Permission\w*Handler$/.test(memberOf(node.callee).name ?? ''))
    return undefined;
  const [handler] = argumentsOf(node);
  if (
    handler === undefined ||
    nameOf(handler) === 'undefined' ||
    (handler.type === 'Literal' && handler.value === null)
  )
    return 'permissions: a handler is taken away';
  if (isTrue(handler.body)) return 'permissions: everything is granted';
  const grantsAll = [...walk(handler)].some(
    (part) =>
      (part.type === 'CallExpression' && argumentsOf(part).some(isTrue)) ||
      (part.type === 'ReturnStatement' && isTrue(part.argument)),
  );
  return grantsAll ? 'permissions: everything is granted' : undefined;
};

const strings: Rule = (node) => {
  const text = node.type === 'Literal' || node.type === 'TemplateLiteral' ? textOf(node) : nameOf(node);
  if (text === undefined) return undefined;
  if (text.includes('ELECTRON_DISABLE_SECURITY_WARNINGS')) return 'warnings: they are turned off';
  return /'unsafe-(?:inline|eval|hashes)'/.test(text) ? 'content-security-policy: unsafe' : undefined;
};

export const rules: readonly Rule[] = [
  windowPreferences,
  forbiddenUse,
  stringAsCode,
  importedModules,
  openExternal,
  htmlFromString,
  webviews,
  messages,
  bridges,
  addresses,
  certificates,
  switches,
  privileges,
  grants,
  strings,
];
