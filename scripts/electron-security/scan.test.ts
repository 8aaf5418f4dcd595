import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { reviewed } from './reviewed.ts';
import { type Reviewed, scan } from './scan.ts';

const root = join(import.meta.dirname, '../..');

/** Problems of one file, without those of a main process that is not there. */
function problemsIn(text: string, path = 'renderer/a.tsx', known: Reviewed[] = []): string[] {
  return scan([{ path, text }], known)
    .map(({ problem }) => problem)
    .filter((problem) => !problem.startsWith('missing:'));
}

const secure =
  'contextIsolation: true, sandbox: true, nodeIntegration: false, nodeIntegrationInWorker: false, nodeIntegrationInSubFrames: false, webSecurity: true, allowRunningInsecureContent: false, webviewTag: false, navigateOnDragDrop: false';
const windowWith = (preferences: string) => `new BrowserWindow({ webPreferences: { ${preferences} } })`;

describe('what opens a program is found', () => {
  test.each([
    ['web-preferences', 'new BrowserWindow()'],
    ['web-preferences', 'new electron.BrowserWindow(options)'],
    ['web-preferences', windowWith('')],
    ['web-preferences', windowWith(secure.replace('sandbox: true', 'sandbox: false'))],
    ['web-preferences', windowWith(secure.replace('sandbox: true', 'sandbox: isSandboxed'))],
    ['web-preferences', windowWith(`${secure}, experimentalFeatures: true`)],
    ['web-preferences', windowWith(`${secure}, enableBlinkFeatures: 'x'`)],
    ['web-preferences', windowWith(`${secure}, ...more`)],
    ['web-preferences', windowWith(`${secure}, ['node' + 'Integration']: true`)],
    ['open-path', 'shell.openPath(path)'],
    ['open-path', "shell['openPath'](path)"],
    ['open-external', 'void shell.openExternal(url)'],
    ['string-as-code', "eval('1')"],
    ['string-as-code', "new Function('return 1')"],
    ['string-as-code', "setTimeout('run()', 1)"],
    ['string-as-code', 'contents.executeJavaScript(code)'],
    ['string-as-code', "import vm from 'node:vm'"],
    ['html-from-string', 'element.innerHTML = text'],
    ['html-from-string', "element.insertAdjacentHTML('beforeend', text)"],
    ['html-from-string', 'document.write(text)'],
    ['html-from-string', 'const a = <p dangerouslySetInnerHTML={{ __html: text }} />'],
    ['html-from-string', 'const a = <iframe srcDoc={text} />'],
    ['webview', 'const a = <webview />'],
    ['webview', "document.createElement('webview')"],
    ['remote-content', "window.loadURL('https://example.com')"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the source that is scanned.
    ['remote-content', 'window.loadURL(`http://${host}/`)'],
    ['remote-content', 'const a = <script src="https://example.com/a.js" />'],
    ['remote-content', 'const a = <a href="javascript:run()">x</a>'],
    ['file-protocol', "window.loadFile('index.html')"],
    ['ipc', "ipcMain.on('a', run)"],
    ['ipc', "ipcMain.handle('a', (event, given) => run(schema.parse(given)))"],
    ['ipc', "ipcMain.handle('a', (event, given) => isOwnPage(event.senderFrame) && run(given))"],
    ['ipc', "ipcMain.handle('a', run)"],
    ['bridge', "contextBridge.exposeInMainWorld('native', { ipcRenderer })"],
    ['certificate', "app.on('certificate-error', accept)"],
    ['certificate', 'session.setCertificateVerifyProc(accept)'],
    ['switches', "app.commandLine.appendSwitch('disable-web-security')"],
    ['switches', "app.commandLine.appendSwitch('ignore-certificate-errors-spki-list', x)"],
    ['switches', 'app.commandLine.appendSwitch(name)'],
    ['scheme-privileges', 'const privileges = { standard: true, bypassCSP: true }'],
    ['window-open', "contents.setWindowOpenHandler(() => ({ action: 'allow' }))"],
    ['permissions', 'session.setPermissionCheckHandler(() => true)'],
    ['permissions', 'session.setPermissionRequestHandler((a, b, decide) => decide(true))'],
    ['permissions', 'session.setPermissionRequestHandler(null)'],
    ['remote-module', "import remote from '@electron/remote'"],
    ['old-protocol', "protocol.registerStringProtocol('a', run)"],
    ['warnings', 'process.env.ELECTRON_DISABLE_SECURITY_WARNINGS = 1'],
    ['content-security-policy', `const policy = "script-src 'unsafe-inline'"`],
  ])('%s: %s', (rule, text) => {
    expect(problemsIn(text).map((problem) => problem.split(':')[0])).toContain(rule);
  });

  test.each([
    ['processes', 'electron/a.ts', "import { exec } from 'node:child_process'"],
    ['preload', 'electron/preload.ts', "import fs from 'node:fs'"],
    ['remote-content', 'renderer/a.html', '<script src="https://example.com/a.js"></script>'],
    ['remote-content', 'renderer/a.html', '<link rel="icon" href="//example.com/i.svg" />'],
    ['string-as-code', 'renderer/a.html', '<script>run()</script>'],
    ['string-as-code', 'renderer/a.html', '<body onload="run()">'],
    ['webview', 'renderer/a.html', '<webview src="/"></webview>'],
  ])('%s in %s: %s', (rule, path, text) => {
    expect(problemsIn(text, path).map((problem) => problem.split(':')[0])).toContain(rule);
  });

  test('a main process without its locks', () => {
    const problems = scan([{ path: 'electron/main.ts', text: "app.on('will-navigate', stay)" }], []);
    expect(problems.map(({ problem }) => problem)).toEqual(
      expect.arrayContaining([
        'missing: setPermissionRequestHandler is never called',
        'missing: nobody listens to will-redirect',
      ]),
    );
    expect(problems.map(({ problem }) => problem)).not.toContain('missing: nobody listens to will-navigate');
  });

  test('a file that cannot be read is not passed over', () => {
    expect(() => problemsIn('const = ;')).toThrow('cannot be parsed');
  });
});

describe('what is as it should be is not found', () => {
  test.each([
    windowWith(secure),
    windowWith(`${secure}, preload: file, devTools: hasDevTools, spellcheck: false`),
    "ipcMain.handle('a', (event, given) => { if (!isOwnPage(event.senderFrame)) throw no; return run(schema.parse(given)); })",
    'const a = <a href="https://example.com/">x</a>',
    'const a = <img src="/brand.svg" />',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the source that is scanned.
    'window.loadURL(`${origin}${path}`)',
    'session.setPermissionRequestHandler((a, permission, decide) => decide(isAllowed(permission)))',
    "contents.setWindowOpenHandler(() => ({ action: 'deny' }))",
    'setTimeout(() => run(), 1)',
    'element.textContent = text',
    "app.commandLine.hasSwitch('devtools')",
    "const words = { eval: 'x', remote: 'y' }",
  ])('%s', (text) => {
    expect(problemsIn(text)).toEqual([]);
  });
});

describe('what was reviewed', () => {
  const known = [{ path: 'renderer/a.tsx', problem: 'open-external', count: 1, why: 'guarded' }];

  test('is let through as often as it was looked at', () => {
    expect(problemsIn('shell.openExternal(url)', 'renderer/a.tsx', known)).toEqual([]);
  });

  test.each([
    ['once more', 'shell.openExternal(url); shell.openExternal(other)', 'renderer/a.tsx'],
    ['not at all', 'run()', 'renderer/a.tsx'],
    ['elsewhere', 'shell.openExternal(url)', 'renderer/b.tsx'],
  ])('is told when it is there %s', (_when, text, path) => {
    expect(problemsIn(text, path, known)).not.toEqual([]);
  });

  test('has a reason each', () => {
    for (const { why } of reviewed) expect(why.length).toBeGreaterThan(20);
  });
});

test('the program itself is clean', () => {
  const patterns = ['electron/**/*.ts', 'renderer/**/*.{ts,tsx,html}', 'server/console/*.ts'];
  const paths = globSync(patterns, { cwd: root }).filter((path) => !path.includes('.test'));
  const files = paths.map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
  expect(files.length).toBeGreaterThan(100);
  expect(scan(files, reviewed)).toEqual([]);
});
