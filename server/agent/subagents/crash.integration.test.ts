import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../telemetry/logger.ts';
import { createAgentFiles } from './agent-files.ts';
import { call, createAgentsBench, ofType, resultsOf, say } from './testing/agents-bench.ts';

const key = { tenantId: 'default', userId: 'default', sessionId: 'ses_test' };
const fixture = fileURLToPath(new URL('./fixtures/agents-at-work.ts', import.meta.url));

/** Kills the program once it has printed `line`; gives back all that it acknowledged. */
async function killAfter(dataDir: string, line: string): Promise<string[]> {
  const child = spawn(process.execPath, [fixture, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
    if (printed.includes(`${line}\n`)) child.kill('SIGKILL');
  });
  const [code] = await once(child, 'close');
  expect(code).toBeNull();
  return printed.split('\n').slice(0, -1);
}

describe('a server that is killed while agents work', () => {
  it.each(['message 0.', 'message 3.', 'message 8.', 'waiting'])(
    'loses no message that was acknowledged, and the next run goes on (killed after "%s")',
    async (line) => {
      const dataDir = await mkdtemp(path.join(tmpdir(), 'agents-crash-'));
      const acknowledged = (await killAfter(dataDir, line)).filter((each) => each.startsWith('message'));
      const files = createAgentFiles({ dataDir, logger: silentLogger });
      const [left] = await files.list(key);
      expect(left?.record.name).toBe('ada');
      const mail = path.join(
        dataDir,
        `tenants/default/sessions/ses_test/subagents/${left?.record.agentId}/mailbox.jsonl`,
      );
      const posted = texts(await readFile(mail, 'utf8'));
      expect(posted.slice(0, acknowledged.length)).toEqual(acknowledged);

      const bench = await createAgentsBench(
        {
          lead: [
            call('ListAgents'),
            call('SendToAgent', { agent: 'ada', message: 'Last one.' }),
            call('WaitForAgents'),
            say('ok'),
          ],
          ada: (_text, index) => say(`later ${index}`),
        },
        { dataDir },
      );
      const events = await bench.say('What became of it?');
      expect(bench.heard('lead')[0]).toContain('Agents that you called in earlier');
      if (line === 'waiting') expect(bench.heard('lead')[0]).toContain('You waited for ada when the server stopped');
      expect(resultsOf(events, 'ListAgents')[0]).toContain('ada');
      const history = (await readFile(path.join(path.dirname(mail), 'messages.jsonl'), 'utf8'))
        .split('\n')
        .slice(0, -1);
      const told = history.map((each) => JSON.parse(each)).filter(({ role }) => role === 'user');
      const places = [...acknowledged, 'Last one.'].map((text) =>
        told.findIndex(({ content }) => content.includes(text)),
      );
      expect(places).not.toContain(-1);
      expect(places).toEqual(places.toSorted((a, b) => a - b));
      expect(ofType(events, 'subagent_job_failed')).toEqual([]);
      expect(ofType(events, 'session.end')[0]?.stopReason).toBe('stop');
      await bench.close();
    },
  );
});

function texts(mailbox: string): string[] {
  return mailbox.split('\n').flatMap((line) => {
    if (line === '' || !line.endsWith('}')) return [];
    const record = JSON.parse(line);
    return record.type === 'message' ? [record.text] : [];
  });
}
