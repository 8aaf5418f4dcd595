import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import type { MockReply } from '../../server/agent/testing/mock-upstream.ts';
import { configureModel, expect, signIn, test, upstreamKey } from '../support/console-test.ts';

/** A task of ten steps, in a real container, by a scripted model, watched as a person does. */
const steps = ['Write the module', 'Make its tests pass', 'Count the sales', 'Serve the result', 'Report'];
const todos = (done: number) =>
  steps.map((content, at) => ({ content, status: at < done ? 'completed' : at === done ? 'in_progress' : 'pending' }));

const module = 'def total(rows):\n    return sum(price - count for price, count in rows)\n';
const tests = `import unittest
from sales import total

class TotalTest(unittest.TestCase):
    def test_multiplies(self):
        self.assertEqual(total([(2, 3), (5, 1)]), 11)

unittest.main()
`;
const count = `from sales import total
rows = [(3, 10), (4, 5)]
with open('sales.csv', 'w') as out:
    out.write('price,count\\n' + ''.join(f'{price},{count}\\n' for price, count in rows))
print('Total:', total(rows))
`;

function step(text: string, ...calls: [name: string, args: Record<string, unknown>][]): MockReply {
  const blocks = calls.map(([name, args]) => ({ type: 'toolCall' as const, name, args }));
  return { blocks: [{ type: 'text', text }, ...blocks] };
}

const script: MockReply[] = [
  step('I plan first.', ['TodoWrite', { todos: todos(0) }]),
  step(
    'The module and its tests.',
    ['Write', { file_path: 'sales.py', content: module }],
    ['Write', { file_path: 'test_sales.py', content: tests }],
  ),
  step('I run the tests.', ['Bash', { command: 'python3 test_sales.py' }]),
  step('They fail. Where is the sum?', ['Grep', { pattern: 'sum\\(', output_mode: 'content' }]),
  step('The sign is wrong.', [
    'Edit',
    { file_path: 'sales.py', old_string: 'price - count for', new_string: 'price * count for' },
  ]),
  step('Again.', ['Bash', { command: 'python3 test_sales.py' }], ['TodoWrite', { todos: todos(2) }]),
  step('Now the numbers.', ['Python', { code: count }]),
  step('I serve them.', [
    'Bash',
    { command: 'echo serving; exec python3 -u -m http.server 8123', run_in_background: true },
  ]),
  step('Are they there?', [
    'Bash',
    { command: 'for n in $(seq 50); do curl -sf localhost:8123/sales.csv && exit; sleep 0.1; done; exit 1' },
  ]),
  step('What does the server say?', ['BashOutput', { bash_id: 'bash_1' }], ['KillShell', { shell_id: 'bash_1' }]),
  step('One thing is yours to decide.', [
    'AskUserQuestion',
    { question: 'How shall the report be written?', options: [{ label: 'Markdown' }, { label: 'Plain text' }] },
  ]),
  step(
    'As you like.',
    ['Write', { file_path: 'report.md', content: '# Sales\n\nThe total is 50.\n' }],
    ['TodoWrite', { todos: todos(5) }],
  ),
  {
    blocks: [{ type: 'text', text: 'All five steps are done: the tests pass, the total is **50**, see `report.md`.' }],
  },
];

const output = (page: Page, tool: string): Locator => page.getByRole('group', { name: `Output: ${tool}` });

test('a task of ten steps is done in a container, with a question in between', async ({
  home,
  start,
  upstream,
  page,
}) => {
  await configureModel(home, await upstream(script));
  Object.assign(home.env, { ANTHROPIC_API_KEY: upstreamKey });
  const program = await start();
  await signIn(page, program);
  await page.getByRole('link', { name: 'Playground', exact: true }).click();
  await page.getByRole('textbox', { name: 'Message' }).fill('Total the sales, with tests and a report.');
  await page.getByRole('button', { name: 'Send' }).click();

  await test.step('the tests fail, are mended and pass', async () => {
    const runs = output(page, 'Bash');
    await expect(runs.nth(0)).toContainText('FAILED (failures=1)', { timeout: 30_000 });
    await expect(page.getByText(/^exit 1\b/)).toBeVisible();
    await expect(output(page, 'Grep')).toContainText('sales.py');
    await expect(runs.nth(1)).toContainText('OK');
  });

  await test.step('a program counts', async () => {
    await expect(output(page, 'Python')).toContainText('Total: 50');
  });

  await test.step('a server runs beside, is asked and ended', async () => {
    await expect(output(page, 'Bash').nth(3)).toContainText('price,count');
    await expect(output(page, 'BashOutput')).toContainText('GET /sales.csv');
    await expect(output(page, 'KillShell')).toContainText('bash_1');
  });

  await test.step('the person answers the question, and the agent goes on', async () => {
    await expect(page.getByRole('group', { name: /How shall the report be written/ })).toBeVisible();
    await page.getByRole('button', { name: 'Markdown', exact: true }).click();
    await expect(output(page, 'AskUserQuestion')).toContainText('Markdown');
    await expect(page.getByRole('article', { name: 'Agent' }).last()).toContainText('All five steps are done');
    await expect(page.getByText('Done', { exact: true })).toBeVisible();
    await expect(output(page, 'TodoWrite').last()).toContainText('5 done');
  });

  await test.step('what it left is right, outside of the container too', async () => {
    const workspaces = join(home.dataDir, 'sandboxes/default');
    const [sessionId = ''] = await readdir(workspaces);
    const workspace = join(workspaces, sessionId);
    const read = (name: string) => readFile(join(workspace, name), 'utf8');
    expect(await read('sales.py')).toContain('price * count for');
    expect(await read('sales.csv')).toBe('price,count\n3,10\n4,5\n');
    expect(await read('report.md')).toBe('# Sales\n\nThe total is 50.\n');
    const session = join(home.dataDir, 'tenants/default/sessions');
    const [id = ''] = await readdir(session);
    const told = (await readFile(join(session, id, 'messages.jsonl'), 'utf8')).split('\n');
    // The file that the program made is told as one that changed.
    expect(told.find((line) => line.includes('"toolName":"Python"'))).toContain('sales.csv');
    expect((await readFile(join(session, id, 'TODO.md'), 'utf8')).match(/- \[x\]/g)).toHaveLength(5);
  });
});
