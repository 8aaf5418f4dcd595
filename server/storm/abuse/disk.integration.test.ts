import { access, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Abused, openAbused } from './abused.ts';

let abused: Abused;
beforeAll(async () => {
  abused = await openAbused({ diskLimit: '40m' });
});
beforeEach(async () => {
  await abused.bash('chmod -R u+rwx . 2>/dev/null; find . -mindepth 1 -delete; true');
  await expect
    .poll(async () => (await abused.sandbox()).info.diskBytes ?? 0, { timeout: 8000 })
    .toBeLessThan(1_000_000);
});
afterEach(async () => {
  expect(await abused.harm()).toEqual([]);
});
afterAll(async () => {
  expect(await abused.close()).toEqual([]);
});

const full = /stopped: the workspace is over its size limit\. Delete what is not needed/;

it.each([
  ['one file that grows', 'while :; do head -c 4000000 /dev/zero >> big || exit; sleep 0.05; done'],
  [
    'many empty files, which cost what no size tells',
    'mkdir many; i=0; while :; do i=$((i+1)); mkdir many/$i; (cd many/$i; touch $(seq 2000)); done',
  ],
  [
    'files in a folder that nobody may look into',
    'mkdir shut; while :; do chmod 700 shut; head -c 4000000 /dev/zero >> shut/big; chmod 0 shut; sleep 0.2; done',
  ],
  [
    'files deeper than any path is long',
    'n=$(printf "d%.0s" $(seq 200)); for i in $(seq 40); do mkdir $n; cd $n; done; while :; do head -c 4000000 /dev/zero >> big; sleep 0.05; done',
  ],
])('%s: what writes is stopped at the limit, and the model is told', async (_, line) => {
  expect(await abused.bash(line, 40_000)).toMatch(full);
  await expect(abused.tool('Write', { file_path: 'more', content: 'x' })).rejects.toMatchObject({
    code: 'disk_limit',
    message: expect.stringContaining('Delete files'),
  });
});

it('a file that is huge by name only takes what it takes, and is not read as a whole', async () => {
  expect(await abused.bash('truncate -s 1T huge && echo made')).toBe('made');
  await expect(abused.tool('Read', { file_path: 'huge' })).rejects.toMatchObject({ code: 'file_too_large' });
  expect((await abused.sandbox()).info.diskBytes ?? 0).toBeLessThan(1_000_000);
});

it('a workspace that defies tools of this machine is saved or refused in words, and removed whole', async () => {
  await abused.bash(`n=$(printf "d%.0s" $(seq 200)); for i in $(seq 40); do mkdir $n; cd $n; done; echo deep > file; cd /workspace
    touch "$(printf 'bad\\377name')" "$(printf 'new\\nline')" "$(printf 'x%.0s' $(seq 255))" '..\\..\\up' 'a\\b' '-rf'
    mkdir shut && echo x > shut/file && chmod 0 shut; mkfifo pipe; ln -s / root; ln -s loop loop; ln root hard 2>/dev/null
    python3 -c "import socket; socket.socket(socket.AF_UNIX).bind('socket')"; truncate -s 1T huge`);
  const { cleanUp } = abused.real.manager;
  await abused.real.manager.destroy((await abused.sandbox()).info.id);
  const id = 'workspace:acme/ses_abused';
  const size = (await stat('/etc/passwd')).size;

  const saving = await cleanUp.apply({ ids: [id], savesWorkspaces: true });
  expect(saving.outcomes).toMatchObject([
    { id, ok: false, code: 'workspace_not_savable', error: expect.stringContaining('huge') },
  ]);
  await access(abused.workspace);

  const removing = await cleanUp.apply({ ids: [id], savesWorkspaces: false });
  expect(removing.outcomes).toMatchObject([{ id, ok: true }]);
  await expect(access(abused.workspace)).rejects.toThrow();
  expect(await readdir(path.join(abused.real.dataDir, 'sandboxes/.removed'))).toEqual([]);
  expect((await stat('/etc/passwd')).size).toBe(size);
});
