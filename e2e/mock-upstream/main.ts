import { parseArgs } from 'node:util';
import { startMockUpstream } from './mock-upstream.ts';
import { scenarios } from './scenarios.ts';

/** `node e2e/mock-upstream/main.ts [--port 0] [--host 127.0.0.1] [--scenario hello-py] [--key K]…`: prints its base URL, runs until a signal. */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    host: { type: 'string', default: '127.0.0.1' },
    scenario: { type: 'string', default: 'hello-py' },
    key: { type: 'string', multiple: true },
  },
});

const script = scenarios[values.scenario];
if (!script) {
  console.error(`There is no scenario "${values.scenario}". There are: ${Object.keys(scenarios).join(', ')}.`);
  process.exit(2);
}
const upstream = await startMockUpstream({
  script,
  port: Number(values.port),
  host: values.host,
  ...(values.key ? { keys: values.key } : {}),
});
console.log(upstream.baseUrl);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void upstream.close());
}
