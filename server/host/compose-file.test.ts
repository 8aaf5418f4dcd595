import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { knownSecrets } from '../secrets/known-secrets.ts';

const known = ['AGENTRAIL_DATA_DIR', ...knownSecrets.map(({ name }) => name)];
const root = path.join(import.meta.dirname, '../..');
const healthcheck = z.strictObject({
  test: z.array(z.string()).min(2),
  interval: z.string(),
  timeout: z.string(),
  retries: z.number(),
  start_period: z.string().optional(),
});
const service = z.strictObject({
  image: z.string().regex(/^[a-z/]+:[\w.-]+$/),
  command: z.array(z.string()).optional(),
  working_dir: z.string().optional(),
  hostname: z.string().optional(),
  init: z.boolean().optional(),
  restart: z.literal('unless-stopped'),
  stop_grace_period: z.string().optional(),
  environment: z.record(z.string(), z.string()).optional(),
  depends_on: z.record(z.string(), z.strictObject({ condition: z.literal('service_healthy') })).optional(),
  healthcheck: healthcheck.optional(),
  ports: z.array(z.string()).optional(),
  volumes: z.array(z.string()).optional(),
  configs: z.array(z.strictObject({ source: z.string(), target: z.string() })).optional(),
});
const file = z.strictObject({
  name: z.string(),
  'x-instance': z.unknown(),
  services: z.record(z.string(), service),
  configs: z.record(z.string(), z.strictObject({ content: z.string() })),
  volumes: z.record(z.string(), z.null()),
});

async function compose() {
  const text = await readFile(path.join(root, 'docs/deploy/compose.postgres.yml'), 'utf8');
  return file.parse(parse(text, { merge: true }));
}

it('starts two instances on one database, each with a data directory of its own', async () => {
  const { services, volumes } = await compose();
  const instances = Object.entries(services).filter(([, { command }]) => command?.includes('serve'));
  expect(instances.map(([name]) => name)).toEqual(['one', 'two']);
  const addresses = new Set(instances.map(([, { environment }]) => environment?.DATABASE_URL));
  expect(addresses.size).toBe(1);
  const data = instances.map(([, { volumes = [] }]) => volumes.find((each) => each.endsWith(':/data')));
  expect(new Set(data).size).toBe(2);
  for (const [, { environment = {}, hostname, healthcheck }] of instances) {
    expect(environment.AGENTRAIL_DATA_DIR).toBe('/data');
    expect(hostname).toBeDefined();
    expect(healthcheck?.test.join(' ')).toContain('/ready');
    for (const name of Object.keys(environment)) expect(known).toContain(name);
  }
  for (const { volumes: used = [] } of Object.values(services))
    for (const each of used.filter((entry) => !entry.startsWith('.')))
      expect(volumes).toHaveProperty(each.split(':')[0] ?? '');
});

it('has no password in it, is open to this machine only, and waits for what it needs', async () => {
  const { services, configs } = await compose();
  const text = await readFile(path.join(root, 'docs/deploy/compose.postgres.yml'), 'utf8');
  for (const [, value = ''] of text.matchAll(/^\s+(?:POSTGRES_PASSWORD|UI_SECRET_TOKEN): (.*)$/gm))
    expect(value).toMatch(/^\$\{[A-Z_]+:\?/);
  const ports = Object.values(services).flatMap(({ ports = [] }) => ports);
  expect(ports).toEqual([expect.stringMatching(/^127\.0\.0\.1:/)]);
  for (const { depends_on = {} } of Object.values(services))
    for (const name of Object.keys(depends_on)) expect(services[name]?.healthcheck).toBeDefined();
  for (const name of ['one', 'two']) expect(configs.proxy?.content).toContain(`server ${name}:3000;`);
  // Compose takes a single dollar sign for a variable of its own.
  expect(configs.proxy?.content.replaceAll('$$', '')).not.toContain('$');
});
