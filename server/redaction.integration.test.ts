import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { type MockReply, type MockUpstream, startMockUpstream } from './agent/testing/mock-upstream.ts';
import { defineTool, type EmbeddedAgentrail, embedAgentrail } from './index.ts';
import type { Plugin } from './plugins/plugin.ts';

/**
 * Secrets that every kind of tool prints in every usual form, in a real sandbox, and then a search through all that
 * leaves the server or is written by it. Only the workspace, where commands wrote them, may hold them.
 */
const canaries = {
  // Each of another length modulo 3, one with what JSON, URLs and shells write otherwise.
  TAVILY_API_KEY: 'tvly-7"Vn\\2/kL+9mZ&cR4=é~Q',
  JINA_API_KEY: 'jinacanaryQx83Zk27Lm',
  EXA_API_KEY: 'exa-canary-0f9e8d7c6b5a4',
} as const;
const names = Object.keys(canaries) as (keyof typeof canaries)[];
const all = Object.values(canaries);

const printer = `
import base64, json, os, sys, time, urllib.parse
for name in ${JSON.stringify(names)}:
    value = os.environ[name]
    raw = value.encode()
    out = [value, json.dumps(value), json.dumps(json.dumps(value)), json.dumps(value, ensure_ascii=False), raw.hex(), raw.hex().upper()]
    out += [urllib.parse.quote(value, safe=''), urllib.parse.quote(value), urllib.parse.quote_plus(value)]
    for before in range(4):
        for after in range(3):
            for coder in (base64.b64encode, base64.urlsafe_b64encode):
                out.append(coder(b'u' * before + raw + b'z' * after).decode())
    wrapped = base64.encodebytes(b'x' * 50 + raw + b'y' * 50).decode()
    folded = base64.b64encode(raw).decode()
    out += [wrapped, '\\n'.join(folded[at:at + 7] for at in range(0, len(folded), 7)), '\\n  '.join([value[:9], value[9:]])]
    out += ['\\x1b[1m'.join([value[:5], value[5:]]), '\\x1b[01;31m\\x1b[K'.join(value), '\\r\\n'.join(value)]
    for text in out:
        print(text)
        print(text, file=sys.stderr)
    sys.stdout.flush()
    for part in value:
        sys.stdout.write(part)
        sys.stdout.flush()
        time.sleep(0.002)
    print()
    open('/workspace/' + name + '.txt', 'w').write(value + '\\n')
    open('/workspace/name-' + urllib.parse.quote(value, safe=''), 'w').write('x')
    open('/memo/NOTES.md', 'a').write('Key: ' + value + '\\n')
raise SystemExit('it failed with ' + os.environ['JINA_API_KEY'])
`;

/** Everything that must not be found, as bytes. Of base64 what the value alone decides, at each of the three places. */
const needles = all.flatMap((value) => {
  const bytes = Buffer.from(value);
  const cores = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
  const urlSafe = cores.map((core) => core.replaceAll('+', '-').replaceAll('/', '_'));
  const forms = [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value), bytes.toString('hex')];
  return [...forms, bytes.toString('hex').toUpperCase(), ...cores, ...urlSafe];
});

/** Also what is put together again when line breaks, terminal sequences and the frames of streams are left out. */
function leaksIn(text: string): string[] {
  const esc = String.fromCharCode(27);
  const loose = text
    .replaceAll(/\\u001b/g, esc)
    .replaceAll(new RegExp(`${esc}\\[[0-9;]*[A-Za-z]|\\\\r|\\\\n|[\\r\\n]+ *`, 'g'), '');
  return [...new Set(needles.filter((needle) => text.includes(needle) || loose.includes(needle)))];
}

let dataDir: string;
let upstream: MockUpstream;
let site: Server;
let agentrail: EmbeddedAgentrail;
let isDone: () => boolean;
const logs: string[] = [];
const surfaces: Record<string, string> = {};

const say = (text: string) => ({ content: [{ type: 'text' as const, text }] });
const everyForm = needles.join('\n');

const ownTool = defineTool({
  name: 'Lookup',
  description: 'As a server of others would answer.',
  inputSchema: z.object({ word: z.string() }),
  reach: 'inform',
  async execute({ word }, { onUpdate, logger }) {
    for (const value of all) {
      for (let at = 1; at <= value.length; at += 4) onUpdate(say(value.slice(0, at)));
      logger.warn(`Looked for ${value}`, { value, [value]: 1 });
    }
    return { ...say(`${word}\n${everyForm}`), details: { values: all, [all[1] ?? '']: 'as a name' } };
  },
});
const failingTool = defineTool({
  name: 'Fails',
  description: 'Fails.',
  inputSchema: z.object({}),
  reach: 'inform',
  execute: () => Promise.reject(new Error(`No such key: ${everyForm}`)),
});
const plugin: Plugin = {
  name: 'chatty',
  version: '1.0.0',
  contextProviders: [{ name: 'keys', provide: () => everyForm }],
  tools: [{ ...ownTool, name: 'PluginTool' }],
  onAfterToolCall: (_call, output) => ({
    ...output,
    content: [...output.content, { type: 'text', text: all.join(' ') }],
  }),
};

function scriptOf(siteUrl: string): MockReply[] {
  const call = (name: string, args: Record<string, unknown>): MockReply => ({
    blocks: [{ type: 'toolCall', name, args }],
    pieceLength: 3,
  });
  return [
    call('Bash', { command: `cat > /tmp/print.py <<'PY'\n${printer}\nPY\npython3 /tmp/print.py` }),
    call('Python', { code: printer }),
    call('Read', { file_path: '/workspace/TAVILY_API_KEY.txt' }),
    call('Bash', { command: 'ls /workspace; grep -r . /workspace; nosuch-"$EXA_API_KEY"; cat "/no/$JINA_API_KEY"' }),
    call('Glob', { pattern: '**/*' }),
    call('Grep', { pattern: 'canary', output_mode: 'content' }),
    call('WebFetch', { url: siteUrl }),
    call('Lookup', { word: `a word and ${all.join(' ')}` }),
    call('PluginTool', { word: 'x' }),
    call('Fails', {}),
    call(`No${canaries.JINA_API_KEY}`, { [canaries.EXA_API_KEY]: 1 }),
    call('Skill', { skill: 'leaky' }),
    call('SearchKnowledge', { query: 'canary', knowledgeBase: 'facts' }),
    call('Note', { text: `Remember ${all.join(' ')}` }),
    call('TodoWrite', { todos: [{ content: `Use ${all.join(' ')}`, status: 'pending' }] }),
    { blocks: [{ type: 'text', text: `They are:\n${everyForm}` }], pieceLength: 2 },
  ];
}

async function call(path: string, body?: object, method = body ? 'POST' : 'GET'): Promise<string> {
  const response = await agentrail.fetch(
    new Request(`http://localhost${path}`, {
      method,
      headers: { Host: 'localhost', ...(body && { 'Content-Type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    }),
  );
  return `${JSON.stringify([...response.headers])}\n${await response.text()}`;
}

/** The words of a stream as its reader puts them together. */
function joinedDeltas(stream: string): string {
  const frames = stream.split('\n').filter((line) => line.startsWith('data: {'));
  return frames
    .map((line): { event?: { delta?: string }; choices?: { delta?: { content?: string } }[] } =>
      JSON.parse(line.slice(6)),
    )
    .map((frame) => frame.event?.delta ?? frame.choices?.[0]?.delta?.content ?? '')
    .join('');
}

beforeAll(async () => {
  for (const name of names) vi.stubEnv(name, canaries[name]);
  vi.stubEnv('OPENAI_API_KEY', 'test-key');
  dataDir = await mkdtemp(join(tmpdir(), 'redaction-'));
  site = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end(`<h1>${all[1]}</h1><pre>${everyForm.replaceAll('&', '&amp;')}</pre><a href="/?k=${all[2]}">x</a>`);
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  const address = site.address();
  const siteUrl = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/page`;
  let position = 0;
  const script = scriptOf(siteUrl);
  isDone = () => position >= script.length;
  const aside: MockReply = { blocks: [{ type: 'text', text: JSON.stringify({ title: all[1], summary: everyForm }) }] };
  upstream = await startMockUpstream({
    // Questions beside the conversation, about documents for instance, come without tools.
    script: ({ body }) =>
      JSON.stringify(body).includes('"tools":') ? (script[position++ % script.length] ?? aside) : aside,
  });
  const skill = join(dataDir, 'skills/leaky');
  await mkdir(skill, { recursive: true });
  await writeFile(join(skill, 'SKILL.md'), `---\nname: leaky\ndescription: ${all[1]}\n---\n${everyForm}\n`);
  agentrail = await embedAgentrail({
    dataDir,
    configPath: join(dataDir, 'agentrail.yaml'),
    access: 'trusted',
    tools: [ownTool, failingTool],
    plugins: [plugin],
    echo: (line) => void logs.push(JSON.stringify(line)),
    settings: {
      'llm.provider': 'openai',
      'llm.baseUrl': upstream.baseUrl,
      'llm.modelId': 'mock-model',
      'permissions.mode': 'bypassPermissions',
      'sandbox.grantSecrets': [...names],
      'sandbox.warmPool': 0,
      'web.allowPrivate': true,
      'web.allowPorts': [typeof address === 'object' && address ? address.port : 0],
      'logging.level': 'debug',
    },
  });
  await call('/api/knowledge', { id: 'facts', name: 'Facts' });
  await call('/api/knowledge/facts/documents', { name: 'canary.txt', text: `canary ${everyForm}` });

  const ask = { message: 'Print them all', sessionId: 'one' };
  surfaces['the stream'] = await call('/api/stream', ask);
  surfaces['the words of the stream'] = joinedDeltas(surfaces['the stream']);
  const runId = /"runId":"([^"]+)"/.exec(surfaces['the stream'])?.[1] ?? '';
  surfaces['the stream, resumed'] = await call(`/api/runs/${runId}/events?after=0`);
  position = 0;
  surfaces['the JSON answer'] = await call('/api/chat', { ...ask, sessionId: 'two' });
  const completion = { model: 'default', messages: [{ role: 'user', content: 'Print them all' }] };
  position = 0;
  surfaces['a completion'] = await call('/v1/chat/completions', completion);
  position = 0;
  surfaces['a streamed completion'] = await call('/v1/chat/completions', { ...completion, stream: true });
  surfaces['the words of the completion'] = joinedDeltas(surfaces['a streamed completion']);
  const reads = ['', '/messages', '/trace', '/workspace', '/export?format=jsonl', '/export?format=markdown'];
  for (const read of reads) surfaces[`GET session${read}`] = await call(`/api/sessions/one${read}`);
  for (const path of ['/metrics', '/ready', '/api/sessions', '/api/sessions?text=canary', '/api/agents']) {
    surfaces[`GET ${path}`] = await call(path);
  }
  await agentrail.shutdown('now');
  surfaces['log lines'] = logs.join('\n');
  surfaces['what the model was told'] = upstream.requests.map(({ body }) => JSON.stringify(body)).join('\n');
}, 120_000);

afterAll(async () => {
  vi.unstubAllEnvs();
  await agentrail.shutdown('now');
  await upstream.close();
  site.close();
  await rm(dataDir, { recursive: true, force: true });
});

/** Where they were put by hand, or by commands of their own. */
const sources = [/^sandboxes\//, /^skills\/leaky\//, /^tenants\/[^/]+\/knowledge_bases\//];

describe('secrets that tools print in every form', () => {
  it('were really printed: the script came to its end, and markers stand in their place', async () => {
    expect(isDone()).toBe(true);
    const told = surfaces['what the model was told'] ?? '';
    for (const name of names) expect(told.split(`[redacted ${name}]`).length).toBeGreaterThan(50);
    const workspace = await readFile(join(dataDir, 'sandboxes/default/one/TAVILY_API_KEY.txt'), 'utf8');
    expect(workspace).toBe(`${canaries.TAVILY_API_KEY}\n`);
    const toolNames = [
      'Bash',
      'Python',
      'Read',
      'Glob',
      'Grep',
      'WebFetch',
      'Lookup',
      'PluginTool',
      'Fails',
      'Skill',
      'SearchKnowledge',
    ];
    for (const tool of toolNames) {
      const results = (surfaces['GET session/messages'] ?? '').split('"role":"toolResult"').slice(1);
      const own = results.filter((text) => text.includes(`"toolName":"${tool}"`));
      expect([tool, own.length > 0 && own[0]]).toEqual([tool, expect.stringContaining('[redacted ')]);
    }
  });

  it.each([
    'the stream',
    'the words of the stream',
    'the stream, resumed',
    'the JSON answer',
    'a completion',
    'a streamed completion',
    'the words of the completion',
    'GET session',
    'GET session/messages',
    'GET session/trace',
    'GET session/workspace',
    'GET session/export?format=jsonl',
    'GET session/export?format=markdown',
    'GET /metrics',
    'GET /ready',
    'GET /api/sessions',
    'GET /api/sessions?text=canary',
    'GET /api/agents',
    'log lines',
    'what the model was told',
  ])('are not in %s', (name) => {
    const text = surfaces[name] ?? '';
    expect(text.length).toBeGreaterThan(0);
    expect(leaksIn(text)).toEqual([]);
  });

  it('are in no file but those that they were put in', async () => {
    const entries = await readdir(dataDir, { recursive: true, withFileTypes: true });
    const paths = entries.map((entry) => join(entry.parentPath, entry.name).slice(dataDir.length + 1));
    const searched: string[] = [];
    for (const [at, path] of paths.entries()) {
      if (sources.some((source) => source.test(path))) continue;
      expect([path, leaksIn(path)]).toEqual([path, []]);
      if (!entries[at]?.isFile()) continue;
      const bytes = await readFile(join(dataDir, path));
      expect([path, leaksIn(bytes.toString('latin1')), leaksIn(bytes.toString('utf8'))]).toEqual([path, [], []]);
      searched.push(path);
    }
    for (const part of [
      'messages.jsonl',
      'session.jsonl',
      'trace/events.jsonl',
      'NOTES.md',
      'TODO.md',
      'logs/',
      '.sqlite',
    ]) {
      expect([part, searched.some((path) => path.includes(part))]).toEqual([part, true]);
    }
  });
});
