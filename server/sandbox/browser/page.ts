import { z } from 'zod';
import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Screenshot } from './browser.ts';
import type { CdpClient, CdpEvent } from './cdp-client.ts';
import { browserFault } from './faults.ts';
import { createPageNotes } from './page-notes.ts';
import { axTreeSchema, describePage, textOf } from './snapshot.ts';
import { downloadFolder, viewport } from './start-line.ts';

/** Until it speaks for the first time, on a machine that has much to do. */
const startTimeoutMs = 45_000;
const navigateTimeoutMs = 30_000;
/** A page that still loads after this is shown as far as it is. */
const loadBoundMs = 10_000;
/** In which a click or a key begins to load another page, if it does. */
const reactionMs = 250;
const pollMs = 25;
const evaluateTimeoutMs = 10_000;
/** Of one browser; a page that opens more of them is not followed. */
const maxWindows = 100;

const anything = z.unknown();
const frameSchema = z.object({ frameId: z.string() });
const objectSchema = z.object({ object: z.object({ objectId: z.string().optional() }) });
const quadsSchema = z.object({ quads: z.array(z.array(z.number()).length(8)) });
const pictureSchema = z.object({ data: z.base64() });
const historySchema = z.object({
  currentIndex: z.number().int(),
  entries: z.array(z.object({ id: z.number().int(), url: z.string(), title: z.string() })),
});
const evaluatedSchema = z.object({
  result: z.object({ type: z.string(), value: z.unknown().optional(), description: z.string().optional() }),
  exceptionDetails: z
    .object({ text: z.string(), exception: z.object({ description: z.string().optional() }).optional() })
    .optional(),
});
const targetSchema = z.object({ targetInfo: z.object({ targetId: z.string(), type: z.string(), url: z.string() }) });

/** What the page is after an action. All of it was written by strangers. */
export interface PageState {
  url: string;
  title: string;
  /** Its accessible elements as text; refs are good until the next state. */
  text: string;
  /** Dismissed dialogs, downloads, windows. */
  notes: string[];
  isLoading: boolean;
}

export interface Page {
  /** Throws `browser_navigation_failed`. */
  navigate(url: string): Promise<PageState>;
  look(): Promise<PageState>;
  /** Throws `browser_ref_unknown`. */
  click(ref: string): Promise<PageState>;
  /** Replaces what is in the field; of a list it chooses the entry of that name. */
  type(ref: string, text: string, submit: boolean): Promise<PageState>;
  back(): Promise<PageState>;
  screenshot(): Promise<Screenshot>;
  /** The value as JSON, or what it was called. Throws `browser_script_failed`. */
  evaluate(expression: string): Promise<string>;
  receive(event: CdpEvent): void;
}

/** One page of a browser, found and prepared. */
export async function openPage(
  client: CdpClient,
  clock: Clock,
  { gone, onCrash }: { gone: AbortSignal; onCrash(): void },
): Promise<Page> {
  const found = z.object({ targetInfos: z.array(targetSchema.shape.targetInfo) });
  const { targetInfos } = await client.call({
    method: 'Target.getTargets',
    result: found,
    timeoutMs: startTimeoutMs,
  });
  const first = targetInfos.find(({ type }) => type === 'page')?.targetId;
  const targetId = first ?? (await createTarget(client));
  const attached = z.object({ sessionId: z.string() });
  const params = { targetId, flatten: true };
  const { sessionId } = await client.call({ method: 'Target.attachToTarget', params, result: attached });

  const ask = <Result>(
    method: string,
    asked: Record<string, unknown>,
    result: z.ZodType<Result>,
    timeoutMs?: number,
  ): Promise<Result> =>
    client.call({ method, params: asked, sessionId, result, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
  const tell = async (method: string, asked: Record<string, unknown> = {}): Promise<void> => {
    await ask(method, asked, anything);
  };
  /** For what answers an event: when it fails, the next action tells. */
  const tellLater = (sent: Promise<unknown>): void => void sent.catch(() => undefined);

  const notes = createPageNotes();
  let refs = new Map<string, number>();
  const loading = new Set<string>();
  const followed = new Set<string>();

  await tell('Page.enable');
  await tell('Inspector.enable');
  await tell('Page.setInterceptFileChooserDialog', { enabled: true });
  await tell('Emulation.setDeviceMetricsOverride', { ...viewport, deviceScaleFactor: 1, mobile: false });
  const download = { behavior: 'allow', downloadPath: downloadFolder, eventsEnabled: true };
  await client.call({ method: 'Browser.setDownloadBehavior', params: download, result: anything });
  await client.call({ method: 'Target.setDiscoverTargets', params: { discover: true }, result: anything });

  async function untilLoaded(): Promise<void> {
    const end = clock.monotonic() + loadBoundMs;
    while ((loading.size > 0 || notes.isDownloading()) && clock.monotonic() < end) await clock.sleep(pollMs, gone);
  }

  async function state(): Promise<PageState> {
    const { entries, currentIndex } = await ask('Page.getNavigationHistory', {}, historySchema);
    const snapshot = describePage(await ask('Accessibility.getFullAXTree', {}, axTreeSchema));
    refs = snapshot.refs;
    const current = entries[currentIndex];
    return {
      url: textOf(current?.url),
      title: textOf(current?.title),
      text: snapshot.text,
      notes: notes.take(),
      isLoading: loading.size > 0,
    };
  }

  async function afterAction(): Promise<PageState> {
    await clock.sleep(reactionMs, gone);
    await untilLoaded();
    return state();
  }

  function nodeOf(ref: string): number {
    const node = refs.get(ref);
    if (node === undefined) throw browserFault('browser_ref_unknown');
    return node;
  }

  /** Everything about a node fails when the page has thrown it away. */
  async function onNode<T>(work: Promise<T>): Promise<T> {
    return work.catch((fault: unknown) => {
      const isRefused = fault instanceof AppError && fault.code === 'browser_refused';
      throw isRefused ? browserFault('browser_ref_unknown', fault.message, fault) : fault;
    });
  }

  /** Calls a function of ours with the element as `this`. */
  async function callOn(backendNodeId: number, functionDeclaration: string, args: unknown[] = []): Promise<unknown> {
    const { object } = await onNode(ask('DOM.resolveNode', { backendNodeId }, objectSchema));
    const asked = { objectId: object.objectId, functionDeclaration, arguments: args.map((value) => ({ value })) };
    const answer = await onNode(
      ask('Runtime.callFunctionOn', { ...asked, returnByValue: true, userGesture: true }, evaluatedSchema),
    );
    return answer.result.value;
  }

  async function press(key: string, code: number, text: string): Promise<void> {
    const common = { key, code: key, windowsVirtualKeyCode: code };
    await tell('Input.dispatchKeyEvent', { ...common, type: 'keyDown', text });
    await tell('Input.dispatchKeyEvent', { ...common, type: 'keyUp' });
  }

  return {
    async navigate(url) {
      const answered = z.object({ errorText: z.string().optional(), isDownload: z.boolean().optional() });
      const { errorText, isDownload } = await ask('Page.navigate', { url }, answered, navigateTimeoutMs);
      await untilLoaded();
      if (errorText === undefined || isDownload || errorText === 'net::ERR_ABORTED') return state();
      throw new AppError('browser_navigation_failed', explain(errorText), { status: 502 });
    },
    look: state,
    async click(ref) {
      const backendNodeId = nodeOf(ref);
      if ((await callOn(backendNodeId, isOption)) === true) {
        await callOn(backendNodeId, chooseThis);
        return afterAction();
      }
      await onNode(ask('DOM.scrollIntoViewIfNeeded', { backendNodeId }, anything));
      const { quads } = await onNode(ask('DOM.getContentQuads', { backendNodeId }, quadsSchema));
      const place = middleOf(quads[0]);
      if (!place) throw browserFault('browser_ref_unknown', 'It is not visible.');
      const mouse = { ...place, button: 'left', clickCount: 1 };
      await tell('Input.dispatchMouseEvent', { ...mouse, type: 'mouseMoved', button: 'none' });
      await tell('Input.dispatchMouseEvent', { ...mouse, type: 'mousePressed' });
      await tell('Input.dispatchMouseEvent', { ...mouse, type: 'mouseReleased' });
      return afterAction();
    },
    async type(ref, text, submit) {
      const backendNodeId = nodeOf(ref);
      const chosen = await callOn(backendNodeId, chooseEntry, [text]);
      if (chosen === 'unknown') {
        throw new AppError(
          'browser_no_such_entry',
          'The list has no entry of that name. Take a name from the snapshot.',
          {
            status: 409,
          },
        );
      }
      if (chosen !== 'chosen') {
        await onNode(ask('DOM.focus', { backendNodeId }, anything));
        await callOn(backendNodeId, selectAll);
        if (text === '') await press('Backspace', 8, '');
        else await tell('Input.insertText', { text });
      }
      if (submit) await press('Enter', 13, '\r');
      return afterAction();
    },
    async back() {
      const { entries, currentIndex } = await ask('Page.getNavigationHistory', {}, historySchema);
      const earlier = entries[currentIndex - 1];
      if (!earlier) throw new AppError('browser_no_history', 'There is no page before this one.', { status: 409 });
      await tell('Page.navigateToHistoryEntry', { entryId: earlier.id });
      return afterAction();
    },
    async screenshot() {
      const { data } = await ask('Page.captureScreenshot', { format: 'png' }, pictureSchema);
      return readPicture(Buffer.from(data, 'base64'));
    },
    async evaluate(expression) {
      const asked = { expression, awaitPromise: true, returnByValue: true, timeout: evaluateTimeoutMs };
      const { result, exceptionDetails } = await ask('Runtime.evaluate', asked, evaluatedSchema);
      if (exceptionDetails) {
        const said = exceptionDetails.exception?.description ?? exceptionDetails.text;
        throw new AppError('browser_script_failed', `The script failed: ${said.slice(0, 1000)}`, { status: 422 });
      }
      return result.value === undefined ? (result.description ?? result.type) : JSON.stringify(result.value, null, 1);
    },
    receive(event) {
      const { method, params } = event;
      if (event.sessionId !== undefined && event.sessionId !== sessionId) return;
      notes.onEvent(event);
      const frame = frameSchema.safeParse(params).data?.frameId;
      if (method === 'Page.frameStartedLoading' && frame === targetId) loading.add(frame);
      else if (method === 'Page.frameStoppedLoading' && frame !== undefined) loading.delete(frame);
      else if (method === 'Page.javascriptDialogOpening') {
        const isLeaving = z.object({ type: z.literal('beforeunload') }).safeParse(params).success;
        tellLater(tell('Page.handleJavaScriptDialog', { accept: isLeaving }));
      } else if (method === 'Inspector.targetCrashed') onCrash();
      else if (method === 'Target.targetCreated' || method === 'Target.targetInfoChanged') followWindow(params);
    },
  };

  /** There is one page: what would open in another window opens in it. */
  function followWindow(params: unknown): void {
    const opened = targetSchema.safeParse(params).data?.targetInfo;
    if (opened?.type !== 'page' || opened.targetId === targetId || !/^https?:/.test(opened.url)) return;
    if (followed.has(opened.targetId) || followed.size >= maxWindows) return;
    followed.add(opened.targetId);
    notes.add('The page opened a window; it is shown in its place.');
    tellLater(client.call({ method: 'Target.closeTarget', params: { targetId: opened.targetId }, result: anything }));
    tellLater(tell('Page.navigate', { url: opened.url }));
  }
}

async function createTarget(client: CdpClient): Promise<string> {
  const created = z.object({ targetId: z.string() });
  return (await client.call({ method: 'Target.createTarget', params: { url: 'about:blank' }, result: created }))
    .targetId;
}

const isOption = `function () { return this.tagName === 'OPTION'; }`;
const chooseThis = `function () {
  const list = this.closest('select');
  if (!list) return;
  this.selected = list.multiple ? !this.selected : true;
  for (const type of ['input', 'change']) list.dispatchEvent(new Event(type, { bubbles: true }));
}`;
const chooseEntry = `function (name) {
  if (this.tagName !== 'SELECT') return 'other';
  const entry = [...this.options].find((one) => one.label.trim() === name.trim() || one.value === name);
  if (!entry) return 'unknown';
  entry.selected = true;
  for (const type of ['input', 'change']) this.dispatchEvent(new Event(type, { bubbles: true }));
  return 'chosen';
}`;
const selectAll = `function () {
  if (typeof this.select === 'function') this.select();
  else if (this.isContentEditable) getSelection().selectAllChildren(this);
}`;

function middleOf(quad: number[] | undefined): { x: number; y: number } | undefined {
  if (!quad) return undefined;
  const [x1 = 0, y1 = 0, , , x2 = 0, y2 = 0] = quad;
  return { x: (x1 + x2) / 2, y: (y1 + y2) / 2 };
}

const pngSignature = Buffer.from('89504e470d0a1a0a', 'hex');

function readPicture(bytes: Buffer): Screenshot {
  if (bytes.length < 24 || !bytes.subarray(0, 8).equals(pngSignature)) {
    throw browserFault('browser_broken', 'Its picture is no PNG.');
  }
  return { bytes, width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

function explain(errorText: string): string {
  const said = textOf(errorText);
  if (/NAME_NOT_RESOLVED|INTERNET_DISCONNECTED|ADDRESS_UNREACHABLE|PROXY|TUNNEL|NETWORK/.test(said)) {
    return `The page cannot be reached from the sandbox (${said}). Its network is off or has a list of hosts unless a person opened it (sandbox.network). Servers inside are at http://localhost.`;
  }
  return `The page cannot be opened (${said}).`;
}
