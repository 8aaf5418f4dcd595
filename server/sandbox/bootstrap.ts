import type { ContainerSpec } from './container-engine.ts';
import { takeSkills } from './shown-skills/hand-over.ts';

/**
 * How the agent gets into a container: a few bytes on the command line read the source from stdin. The source itself
 * would fit there as well, but then every `ps` inside would show all of it.
 */
const reader = [
  'import os',
  'def take(size):',
  ' data=b""',
  ' while len(data)<size:',
  '  part=os.read(0,size-len(data))',
  '  if not part: os._exit(0)',
  '  data+=part',
  ' return data',
].join('\n');
const runner = 'exec(compile(take(int.from_bytes(take(4),"big")),"agentrail-agent","exec"))';

const python = ['python3', '-I', '-S', '-B', '-c'];

/** A volume that is new belongs to root: before anything else it is given to the commands' user. */
export function commandFor(spec: Pick<ContainerSpec, 'workspaceVolume' | 'skills' | 'uid' | 'gid'>): string[] {
  const give = `import os\nif os.stat("/workspace").st_uid!=${spec.uid}: os.chown("/workspace",${spec.uid},${spec.gid})`;
  const skills = spec.skills?.from === 'start' ? takeSkills : '';
  return [
    ...python,
    [spec.workspaceVolume === undefined ? '' : give, reader, skills, runner].filter(Boolean).join('\n'),
  ];
}

/** The source as the reader above expects it: its length as u32, big endian, then itself. */
export function encodeAgentSource(source: string): Buffer {
  const bytes = Buffer.from(source);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
