import { expect, it, vi } from 'vitest';
import { AppError } from '../lib/app-error.ts';
import { tellFault } from './opened-data.ts';
import { formatLine, say } from './output.ts';

const line = { seq: 1, time: 0, level: 'info', component: 'http' } as const;

it('a log line for a person is one line, whatever was logged', () => {
  const forged = 'GET /\r\n00:00:00.000 error vault     stolen\u001b[2J';
  const text = formatLine({ ...line, msg: forged, fields: { path: '\u009b31m\n' } });
  expect(text.split('\n')).toHaveLength(2);
  expect(text).toMatch(/^00:00:00\.000 info {2}http {6}GET \/\\u000d\\n00:00/);
  expect(text.slice(0, -1)).not.toMatch(/\p{Cc}/u);
  expect(formatLine({ ...line, msg: '你好 – fine' })).toBe('00:00:00.000 info  http      你好 – fine\n');
});

it('neither what is said nor a fault steers the terminal', () => {
  const heard: string[] = [];
  const hear = (text: string | Uint8Array) => heard.push(String(text)) > 0;
  const writes = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, 'write').mockImplementation(hear));
  try {
    say('left: \u001b]52;c;Zm9v\u0007.txt\nnext');
    tellFault(new AppError('x', 'no \u001b[31mfile', { details: [{ path: 'a\u001bb', line: 3, message: 'c' }] }));
  } finally {
    for (const write of writes) write.mockRestore();
  }
  expect(heard.join('')).toBe(
    String.raw`left: \u001b]52;c;Zm9v\u0007.txt` +
      '\nnext\n' +
      String.raw`no \u001b[31mfile` +
      '\n' +
      String.raw`  line 3: a\u001bb: c` +
      '\n',
  );
});
