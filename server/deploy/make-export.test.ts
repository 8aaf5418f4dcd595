import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { configSchema } from '../contract/config.ts';
import { type DeployChoices, deployChoicesSchema } from '../contract/deploy.ts';
import { choose, sourceWith } from './fixtures.test-support.ts';
import { makeExport } from './make-export.ts';

const examples = path.join(import.meta.dirname, '../../docs/deploy');
const secretNames = ['ANTHROPIC_API_KEY', 'UI_SECRET_TOKEN'];

const shipped = [
  ['compose', { target: 'compose' }],
  ['compose-postgres', { target: 'compose', instances: 2 }],
  ['kubernetes', { target: 'kubernetes', instances: 2, docker: 'remote', dockerHost: 'tcp://docker.example.com:2376' }],
  ['systemd', { target: 'systemd' }],
] as const;

describe('the examples in docs/deploy', () => {
  it.each(shipped)('%s is what the program writes for the default settings', async (folder, choices) => {
    const { files } = makeExport(sourceWith({}, { secretNames }), choose(choices));
    for (const file of files) await expect(file.content).toMatchFileSnapshot(path.join(examples, folder, file.path));
  });
});

/** Every combination that the schema allows. */
const combinations = ['compose', 'kubernetes', 'systemd'].flatMap((target) =>
  [1, 3].flatMap((instances) =>
    [
      { docker: 'socket' },
      { docker: 'none' },
      ...['ssh://agent@docker.example.com', 'tcp://10.0.0.5:2376'].map((dockerHost) => ({
        docker: 'remote',
        dockerHost,
      })),
    ].flatMap((docker) => deployChoicesSchema.safeParse({ target, instances, ...docker }).data ?? []),
  ),
);

/** What both Compose v1.29 and v2 take; a word that neither knows does not get through. */
const serviceKeys = new Set(
  'image restart stop_grace_period read_only tmpfs cap_drop security_opt group_add mem_limit cpus pids_limit logging healthcheck hostname environment volumes depends_on ports shm_size'.split(
    ' ',
  ),
);

function exported(choices: DeployChoices) {
  const { files } = makeExport(sourceWith({ 'llm.provider': 'openai' }, { secretNames }), choices);
  return { files, contentOf: (name: string) => files.find((file) => file.path === name)?.content ?? '' };
}

const title = '$target, $instances instances, Docker $docker $dockerHost';

describe.each(combinations)(title, (choices) => {
  const { files, contentOf } = exported(choices);

  it('parses as YAML, with every reference kept', () => {
    for (const file of files.filter((each) => each.path.endsWith('.yml') || each.path.endsWith('.yaml')))
      for (const document of parseAllDocuments(file.content, { merge: true })) expect(document.errors).toEqual([]);
  });

  it('carries settings that the program reads', () => {
    const yaml =
      choices.target === 'kubernetes'
        ? parseAllDocuments(contentOf('kubernetes.yaml'))[0]?.toJS().data['agentrail.yaml']
        : contentOf('agentrail.yaml');
    const config = configSchema.parse(parse(yaml));
    expect(config.server.allowedHosts).toEqual(['agentrail.example.com']);
    expect(config.llm.provider).toBe('openai');
  });

  it('does not gather streams in any proxy', () => {
    for (const file of files.filter((each) => /nginx|balancer/.test(each.path)))
      expect(file.content).toContain('proxy_buffering off;');
    for (const file of files.filter((each) => each.path.endsWith('Caddyfile')))
      expect(file.content).toContain('flush_interval -1');
    if (choices.target === 'kubernetes') expect(contentOf('kubernetes.yaml')).toContain('proxy-buffering: "off"');
  });
});

describe.each(combinations.filter(({ target }) => target === 'compose'))(title, (choices) => {
  const { contentOf } = exported(choices);

  it('makes a Compose file without unknown words, open to this machine only', () => {
    const { services, volumes = {} } = parse(contentOf('docker-compose.yml'), { merge: true });
    for (const [name, service] of Object.entries<Record<string, unknown>>(services)) {
      expect(Object.keys(service).filter((key) => !serviceKeys.has(key))).toEqual([]);
      for (const each of (service.ports as string[] | undefined) ?? []) expect(each).toMatch(/^127\.0\.0\.1:/);
      for (const each of (service.volumes as string[]).map((mount) => mount.split(':')[0] ?? ''))
        if (/^[a-z]/.test(each)) expect(volumes).toHaveProperty(each);
      for (const other of Object.keys((service.depends_on as object | undefined) ?? {}))
        expect(services[other].healthcheck).toBeDefined();
      expect(service.security_opt).toEqual(['no-new-privileges:true']);
      if (name !== 'postgres') expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
    }
    const servers = Object.values<Record<string, Record<string, string>>>(services).filter(
      ({ environment }) => environment?.AGENTRAIL_DATA_DIR,
    );
    expect(servers).toHaveLength(choices.instances);
    const places = servers.map(({ volumes: mounts }) => Object.values(mounts ?? {})[0]);
    expect(new Set(places).size).toBe(choices.instances);
    expect(JSON.stringify(services).includes('docker.sock:')).toBe(choices.docker === 'socket');
  });
});

describe.each(combinations.filter(({ target }) => target === 'kubernetes'))(title, (choices) => {
  const { contentOf } = exported(choices);

  it('makes objects that run as nobody special, with probes and a claim', () => {
    const objects = parseAllDocuments(contentOf('kubernetes.yaml')).map((each) => each.toJS());
    const workload = objects.find(({ kind }) => kind === (choices.instances > 1 ? 'StatefulSet' : 'Deployment'));
    const { containers, securityContext, volumes } = workload.spec.template.spec;
    expect(securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 10_001 });
    expect(containers[0].securityContext).toMatchObject({
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
    });
    expect(containers[0]).toMatchObject({
      livenessProbe: { httpGet: { path: '/health' } },
      readinessProbe: { httpGet: { path: '/ready' } },
    });
    expect(containers[0].envFrom).toEqual([{ secretRef: { name: 'agentrail' } }]);
    const names = [
      ...volumes.map(({ name }: { name: string }) => name),
      ...(workload.spec.volumeClaimTemplates ?? []).map(
        ({ metadata }: { metadata: { name: string } }) => metadata.name,
      ),
    ];
    for (const { name } of containers[0].volumeMounts) expect(names).toContain(name);
    const claims =
      choices.instances > 1
        ? workload.spec.volumeClaimTemplates
        : objects.filter(({ kind }) => kind === 'PersistentVolumeClaim');
    expect(claims).toHaveLength(1);
  });
});

describe('what is exported', () => {
  it('holds no value of a secret, wherever it stood, and says where it left one out', () => {
    const value = 'correct-horse-battery-staple';
    const redact = (text: string) => text.replaceAll(value, '[redacted MY_KEY]');
    const settings = {
      'sandbox.env': { A: value },
      'mcpServers.git.command': 'git-mcp',
      'mcpServers.git.env': { TOKEN: 'ghp_0123456789abcdefghijklmnop' },
    };
    const { files, notes } = makeExport(sourceWith(settings, { redact }), choose({ target: 'compose' }));
    const all = files.map(({ content }) => content).join('\n');
    expect(all).not.toContain(value);
    expect(all).not.toContain('ghp_');
    expect(notes.filter(({ code }) => code === 'secret_left_out').map(({ subject }) => subject)).toEqual([
      'sandbox.env',
      'mcpServers.git.env',
    ]);
  });

  it('leaves every variable of a secret empty in the template, and names those that the settings speak of', () => {
    const source = sourceWith(
      {
        'providers.mine': { type: 'openai-compatible', baseUrl: 'https://models.example.com/v1', apiKeyEnv: 'MY_KEY' },
      },
      { secretNames },
    );
    const { files } = makeExport(source, choose({ target: 'compose' }));
    const template = files.find((file) => file.path === '.env.example')?.content ?? '';
    for (const name of ['MY_KEY', 'ANTHROPIC_API_KEY', 'UI_SECRET_TOKEN', 'AGENTRAIL_VAULT_PASSPHRASE'])
      expect(template).toMatch(new RegExp(`^${name}=$`, 'm'));
    expect(template.match(/^UI_SECRET_TOKEN=/gm)).toHaveLength(1);
  });

  it('tells of what only this machine has', () => {
    const source = sourceWith({ 'llm.baseUrl': 'http://127.0.0.1:11434/v1', plugins: ['/opt/mine/plugin.ts'] });
    const { notes } = makeExport(source, choose({ target: 'compose' }));
    expect(notes).toContainEqual(expect.objectContaining({ code: 'local_address', subject: 'llm.baseUrl' }));
    expect(notes).toContainEqual(expect.objectContaining({ code: 'file_not_included', subject: 'plugins' }));
  });

  it('pins the sandbox image when its digest is known, and says so when it is not', () => {
    const digest = `registry.example.com/sandbox@sha256:${'a'.repeat(64)}`;
    const pinned = makeExport(sourceWith({}, { pinnedImage: digest }), choose({ target: 'compose' }));
    expect(pinned.files.find((file) => file.path === 'agentrail.yaml')?.content).toContain(digest);
    expect(pinned.notes.map(({ code }) => code)).not.toContain('image_not_pinned');
    expect(makeExport(sourceWith(), choose({ target: 'compose' })).notes.map(({ code }) => code)).toContain(
      'image_not_pinned',
    );
  });
});

describe('choices', () => {
  it.each([
    [{ target: 'kubernetes', docker: 'socket' }, 'docker'],
    [{ target: 'compose', docker: 'remote' }, 'dockerHost'],
    [{ target: 'compose', docker: 'none', dockerHost: 'ssh://a@b' }, 'dockerHost'],
    [{ target: 'compose', hostName: 'https://a.example.com' }, 'hostName'],
    [{ target: 'compose', instances: 17 }, 'instances'],
  ])('refuses %j', (choices, field) => {
    const { error } = deployChoicesSchema.safeParse(choices);
    expect(error?.issues.map(({ path: at }) => at[0])).toEqual([field]);
  });

  it('lets nothing through that could become more than a name in a file', () => {
    const hostile = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'a.;{}\n$`"\'# \\') }));
    fc.assert(
      fc.property(hostile, hostile, (hostName, dockerHost) => {
        const { data } = deployChoicesSchema.safeParse({
          target: 'compose',
          hostName,
          docker: 'remote',
          dockerHost: `ssh://${dockerHost}`,
        });
        if (data === undefined) return;
        expect(`${data.hostName}${data.dockerHost}`).not.toMatch(/[\s;{}$`"'#\\]/);
      }),
    );
  });
});
