import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { CdpSession } from './cdp.ts';
import { answerInvoke } from './ipc.ts';
import { pageScript } from './page-bridge.ts';
import {
  type FromPreload,
  preloadScript,
  preloadWorld,
  receiveFunction,
  sendBinding,
  type ToPreload,
} from './page-preload.ts';
import { applyPermissions } from './session.ts';
import { connection, inward, originOf, outward } from './state.ts';
import { preventable, StrictEmitter } from './strict.ts';
import { nativeTheme } from './theme.ts';

type OpenHandler = (details: { url: string; disposition: string }) => { action: string };

const events = [
  'did-finish-load',
  'did-navigate',
  'did-start-navigation',
  'destroyed',
  'first-paint',
  'render-process-gone',
  'will-attach-webview',
  'will-frame-navigate',
  'will-navigate',
  'will-redirect',
];

let lastId = 0;

export class WebContents extends StrictEmitter {
  readonly id: number;
  /** Set once `attached` has resolved. */
  targetId = '';
  readonly attached: Promise<void>;
  #session: CdpSession | undefined;
  #url = 'about:blank';
  #preloadContext: number | undefined;
  /** Addresses that this process navigates to by itself: those ask no `will-navigate`. */
  #expected = new Set<string>();
  #isDestroyed = false;
  #onOpen: OpenHandler = () => ({ action: 'deny' });

  constructor(size: { width: number; height: number }, preload: string | undefined) {
    super('webContents', events);
    lastId += 1;
    this.id = lastId;
    this.attached = this.#attach(size, preload);
  }

  async #attach(size: { width: number; height: number }, preload: string | undefined): Promise<void> {
    const browser = connection().session();
    const { targetId } = await browser.send('Target.createTarget', { url: 'about:blank', newWindow: true, ...size });
    const { sessionId } = await browser.send('Target.attachToTarget', { targetId, flatten: true });
    this.targetId = targetId;
    this.#session = connection().session(sessionId);
    this.#listen(this.#session);
    await this.#prepare(this.#session, preload === undefined ? undefined : readFileSync(preload, 'utf8'));
    await this.applyTheme();
  }

  async #prepare(cdp: CdpSession, preload: string | undefined): Promise<void> {
    const name = `stand-in-${randomBytes(6).toString('hex')}`;
    const { platform, arch, versions } = process;
    const seen = {
      platform,
      arch,
      versions,
      type: 'renderer',
      sandboxed: true,
      contextIsolated: true,
      env: {},
      argv: [],
    };
    await Promise.all([
      cdp.send('Page.enable'),
      cdp.send('Runtime.enable'),
      cdp.send('Inspector.enable'),
      cdp.send('Page.setLifecycleEventsEnabled', { enabled: true }),
      cdp.send('Fetch.enable', { patterns: [{ resourceType: 'Document' }] }),
    ]);
    if (preload === undefined) return;
    await cdp.send('Runtime.addBinding', { name: sendBinding, executionContextName: preloadWorld });
    await cdp.send('Page.addScriptToEvaluateOnNewDocument', { source: pageScript(name) });
    const source = preloadScript(name, seen, preload);
    await cdp.send('Page.addScriptToEvaluateOnNewDocument', { source, worldName: preloadWorld });
  }

  #listen(cdp: CdpSession): void {
    cdp.on('Runtime.executionContextCreated', ({ context }) => {
      const frameId = (context.auxData as { frameId?: string } | undefined)?.frameId;
      if (context.name === preloadWorld && frameId === this.targetId) this.#preloadContext = context.id;
    });
    cdp.on('Runtime.bindingCalled', ({ name, payload, executionContextId }) => {
      if (name === sendBinding) this.#onMessage(JSON.parse(payload) as FromPreload, executionContextId);
    });
    cdp.on('Fetch.requestPaused', ({ requestId, request, frameId, redirectedRequestId }) =>
      this.#onNavigation(requestId, request.url, frameId, redirectedRequestId !== undefined),
    );
    cdp.on('Page.frameNavigated', ({ frame }) => {
      if (frame.parentId) return;
      this.#url = inward(frame.url);
      this.emit('did-navigate', {}, this.#url);
    });
    cdp.on('Page.navigatedWithinDocument', ({ frameId, url }) => {
      if (frameId === this.targetId) this.#url = inward(url);
    });
    cdp.on('Page.lifecycleEvent', ({ name, frameId }) => {
      if (name === 'firstPaint' && frameId === this.targetId) this.emit('first-paint');
    });
    cdp.on('Page.loadEventFired', () => this.emit('did-finish-load', {}));
    // A link to a new window; `window.open` itself was caught in the page.
    cdp.on('Page.windowOpen', ({ url }) => this.#askToOpen(url));
    cdp.on('Inspector.targetCrashed', () => this.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 1 }));
    cdp.on('Inspector.detached', () => this.markDestroyed());
  }

  #onNavigation(requestId: string, url: string, frameId: string, isRedirect: boolean): void {
    const isMainFrame = frameId === this.targetId;
    const event = preventable({ url: inward(url), isMainFrame, isSameDocument: false });
    const isOwn = isMainFrame && this.#expected.delete(url);
    if (isRedirect) this.emit('will-redirect', event);
    else if (!isOwn) {
      this.emit('will-frame-navigate', event);
      if (isMainFrame) this.emit('will-navigate', event);
    }
    if (!event.defaultPrevented) this.emit('did-start-navigation', event);
    const sent = event.defaultPrevented
      ? this.#cdp().send('Fetch.failRequest', { requestId, errorReason: 'Aborted' })
      : this.#cdp().send('Fetch.continueRequest', { requestId });
    sent.catch((error: Error) => this.#ignoreWhenGone(error));
  }

  #onMessage(message: FromPreload, contextId: number): void {
    if (message.type === 'open') this.#askToOpen(message.url);
    else void this.#answer(message, contextId);
  }

  async #answer({ id, channel, given }: FromPreload & { type: 'invoke' }, contextId: number): Promise<void> {
    const event = { sender: this, senderFrame: this.mainFrame };
    await this.#tell({ type: 'reply', id, ...(await answerInvoke(channel, event, given)) }, contextId);
  }

  #askToOpen(url: string): void {
    const { action } = this.#onOpen({ url: inward(url), disposition: 'foreground-tab' });
    if (action !== 'deny') throw new Error('stand-in: windows opened by a page are not covered');
  }

  async #tell(message: ToPreload, contextId = this.#preloadContext): Promise<void> {
    if (contextId === undefined || this.#isDestroyed) return;
    const expression = `${receiveFunction}(${JSON.stringify(message)})`;
    await this.#cdp()
      .send('Runtime.evaluate', { expression, contextId })
      .catch((error: Error) => this.#ignoreWhenGone(error));
  }

  /** A page may go away while something is being sent to it; anything else is a fault of the stand-in. */
  #ignoreWhenGone(error: Error): void {
    if (
      !/gone|closed|not found|Cannot find context|Not attached to an active page|Invalid InterceptionId|detached|destroyed|crashed/i.test(
        error.message,
      )
    )
      throw error;
  }

  #cdp(): CdpSession {
    if (!this.#session) throw new Error('stand-in: the page is not attached yet');
    return this.#session;
  }

  get mainFrame() {
    return { url: this.#url, parent: null, origin: originOf(this.#url) };
  }
  getURL(): string {
    return this.#url;
  }
  async applyTheme(): Promise<void> {
    const value = nativeTheme.shouldUseDarkColors ? 'dark' : 'light';
    await this.#cdp().send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value }] });
  }
  async loadURL(url: string): Promise<void> {
    await this.attached;
    await applyPermissions(this, url);
    this.#expected.add(outward(url));
    const { errorText } = await this.#cdp().send('Page.navigate', { url: outward(url) });
    if (errorText) throw new Error(`${errorText} loading '${url}'`);
  }
  reload(): void {
    this.#expected.add(outward(this.#url));
    this.#cdp()
      .send('Page.reload')
      .catch((error: Error) => this.#ignoreWhenGone(error));
  }
  send(channel: string, ...given: unknown[]): void {
    void this.attached.then(() => this.#tell({ type: 'event', channel, given }));
  }
  forcefullyCrashRenderer(): void {
    // Never answered: whoever would answer is gone.
    this.#cdp()
      .send('Page.crash')
      .catch((error: Error) => this.#ignoreWhenGone(error));
  }
  setWindowOpenHandler(handler: OpenHandler): void {
    this.#onOpen = handler;
  }
  isDestroyed(): boolean {
    return this.#isDestroyed;
  }
  /** Ends the page; its window follows. */
  close(): void {
    void this.closeTarget();
    this.markDestroyed();
  }
  markDestroyed(): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    this.emit('destroyed');
  }
  async closeTarget(): Promise<void> {
    try {
      await this.attached;
      await connection().session().send('Target.closeTarget', { targetId: this.targetId });
    } catch (error) {
      console.error(`stand-in: closing a page: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
