import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { expect, test, vi } from 'vitest';
import { type FaultOptions, followFaults } from './faults.ts';

function followed() {
  const process = Object.assign(new EventEmitter(), { stdout: new PassThrough(), stderr: new PassThrough() });
  const app = new EventEmitter();
  const told = { report: vi.fn(), end: vi.fn(), exit: vi.fn() };
  followFaults({ process, app, ...told } as unknown as FaultOptions);
  return { process, app, ...told };
}

test('a rejection that nobody handled is told, and the program goes on', () => {
  const { process, report, end } = followed();
  process.emit('unhandledRejection', new Error('the disk is full'));
  process.emit('unhandledRejection', 'just text');
  expect(report.mock.calls.map(([sentence]) => sentence)).toEqual([
    expect.stringContaining('the disk is full'),
    'A failure was not handled: just text',
  ]);
  expect(end).not.toHaveBeenCalled();
});

test('an exception ends the program in order, a second one at once', () => {
  const { process, report, end, exit } = followed();
  process.emit('uncaughtException', new TypeError('x is not a function'));
  expect(report).toHaveBeenCalledWith(expect.stringContaining('x is not a function'));
  expect(end).toHaveBeenCalledOnce();
  expect(exit).not.toHaveBeenCalled();
  process.emit('uncaughtException', new Error('again'));
  expect(end).toHaveBeenCalledOnce();
  expect(exit).toHaveBeenCalledWith(1);
});

test('a terminal that is gone is no fault', () => {
  const { process, report, end } = followed();
  process.stderr.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
  process.stdout.emit('error', Object.assign(new Error('write EIO'), { code: 'EIO' }));
  expect(report).not.toHaveBeenCalled();
  expect(end).not.toHaveBeenCalled();
});

test('a helper process that crashed is told, one that ended is not', () => {
  const { app, report } = followed();
  app.emit('child-process-gone', {}, { type: 'GPU', reason: 'crashed', exitCode: 11 });
  app.emit('child-process-gone', {}, { type: 'Utility', name: 'Audio', reason: 'clean-exit', exitCode: 0 });
  expect(report.mock.calls).toEqual([['The process GPU ended: crashed (11).']]);
});
