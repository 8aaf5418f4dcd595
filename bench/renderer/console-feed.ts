import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ConsoleState } from '../../server/console/api.ts';
import type { ConsoleEvent } from '../../server/contract/console-events.ts';
import type { SandboxInfo, SandboxStats } from '../../server/contract/sandbox.ts';

const memoryLimitBytes = 2 * 1024 ** 3;
const states = ['busy', 'idle', 'idle', 'ready', 'paused'] as const;

/** Stands between the browser and a real console, and tells of sandboxes that are not there. */
export interface ConsoleFeed {
  url: string;
  close(): Promise<void>;
}

/** Their use arrives once a second, and two of them change their state, as a server with so many tells it. */
export async function startConsoleFeed(consoleUrl: string, sandboxes: number): Promise<ConsoleFeed> {
  const target = new URL(consoleUrl);
  const startedAt = Date.now();
  const infos = Array.from({ length: sandboxes }, (_, n) => sandboxOf(n, startedAt));
  let second = 0;
  const listening = new Set<ServerResponse>();
  const timer = setInterval(() => {
    second += 1;
    const now = Date.now();
    const stats = infos.map(({ id }, n) => statsOf(id, n, second, now));
    for (const response of listening) {
      tell(response, { type: 'stats', stats });
      for (const step of [0, 1]) {
        const info = infos[(second * 2 + step) % sandboxes];
        if (info) tell(response, { type: 'sandbox', sandbox: { ...info, lastUsedAt: now, endsAt: now + 900_000 } });
      }
    }
  }, 1000);

  const server = createServer((incoming, outgoing) => {
    const path = incoming.url ?? '/';
    const isState = path === '/console/api/state';
    const passed = request(
      { host: target.hostname, port: target.port, path, method: incoming.method, headers: headersOf(incoming, target) },
      (answer) => {
        if (isState && answer.statusCode === 200) return withSandboxes(answer, outgoing, infos);
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        if (!path.startsWith('/console/api/events')) return answer.pipe(outgoing);
        void passOn(answer, outgoing);
        listening.add(outgoing);
        outgoing.on('close', () => listening.delete(outgoing));
      },
    );
    passed.on('error', () => outgoing.destroy());
    outgoing.on('close', () => passed.destroy());
    incoming.pipe(passed);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      clearInterval(timer);
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

/** All but the use of the sandboxes that are really there, which would take the place of ours. */
async function passOn(answer: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  let text = '';
  try {
    for await (const chunk of answer.setEncoding('utf8')) {
      const events = (text + chunk).split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) if (!event.includes('"type":"stats"')) outgoing.write(`${event}\n\n`);
    }
    outgoing.end();
  } catch {
    // One of the two sides is gone.
    outgoing.destroy();
  }
}

function tell(response: ServerResponse, event: ConsoleEvent): void {
  response.write(`data: ${JSON.stringify(event)}\n\n`);
}

/** The console answers only to its own address. */
function headersOf({ headers }: IncomingMessage, target: URL) {
  const { 'accept-encoding': _, ...rest } = headers;
  return {
    ...rest,
    host: target.host,
    ...(headers.origin !== undefined && { origin: target.origin }),
    ...(headers.referer !== undefined && { referer: `${target.origin}/` }),
  };
}

async function withSandboxes(answer: IncomingMessage, outgoing: ServerResponse, sandboxes: SandboxInfo[]) {
  let text = '';
  for await (const chunk of answer.setEncoding('utf8')) text += chunk;
  const state = JSON.parse(text) as ConsoleState;
  const image = { reference: sandboxes[0]?.image ?? '', state: 'present', pinned: true } as const;
  const engine = { state: 'connected', tries: [], checkedAt: Date.now() } as const;
  const body = JSON.stringify({ ...state, sandboxes, image, engine });
  outgoing.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  outgoing.end(body);
}

function sandboxOf(n: number, now: number): SandboxInfo {
  const state = states[n % states.length] ?? 'idle';
  const sessionId = `ses_${String(n).padStart(4, '0')}`;
  return {
    ...{ id: `agentrail-1a2b3c4d-5e6f7a8b-${n}`, tenantId: 'default', sessionId, state },
    ...{ image: 'agentrail-sandbox:bookworm', createdAt: now - n * 60_000, lastUsedAt: now - n * 1000 },
    ...(state !== 'busy' && { endsAt: now + 900_000 + n * 1000 }),
    ...{ memoryLimitBytes, cpus: 2, diskBytes: n * 1_000_000 },
    running: state === 'busy' ? [{ command: 'npm test', startedAt: now - 5000 }] : [],
  };
}

/** Every sandbox on its own wave, so that every line changes every second. */
function statsOf(id: string, n: number, second: number, at: number): SandboxStats {
  const wave = (1 + Math.sin((second + n * 7) / 5)) / 2;
  return { id, at, cpuPct: wave * 180, memoryBytes: (0.1 + wave * 0.6) * memoryLimitBytes, pids: 3 + (n % 9) };
}
