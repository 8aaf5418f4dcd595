import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SandboxState } from '../contract/sandbox.ts';
import { isUsable, nextState, type SandboxHappening } from './sandbox-state.ts';

const states: SandboxState[] = ['creating', 'ready', 'busy', 'idle', 'paused', 'stopping', 'gone', 'failed', 'lost'];
const happenings: SandboxHappening[] = [
  'started',
  'start_failed',
  'command_began',
  'last_command_ended',
  'pause_asked',
  'resumed',
  'stop_asked',
  'removed',
  'remove_failed',
  'vanished',
];

describe('the states of a sandbox', () => {
  it('follow one another through an ordinary life', () => {
    const life: SandboxHappening[] = [
      'started',
      'command_began',
      'command_began',
      'last_command_ended',
      'stop_asked',
      'removed',
    ];
    let state: SandboxState | undefined = 'creating';
    const seen: (SandboxState | undefined)[] = [];
    for (const happening of life) {
      state = nextState(state ?? 'gone', happening);
      seen.push(state);
    }
    expect(seen).toEqual(['ready', 'busy', 'busy', 'idle', 'stopping', 'gone']);
  });

  it('end with gone: nothing happens after it', () => {
    expect(happenings.map((happening) => nextState('gone', happening))).toEqual(happenings.map(() => undefined));
  });

  it('can be stopped from everywhere but the end', () => {
    for (const state of states.filter((candidate) => candidate !== 'gone')) {
      expect(nextState(state, 'stop_asked')).toBe('stopping');
    }
  });

  it('turn to lost wherever a running container vanishes, but not while it is stopped on purpose', () => {
    for (const state of states) {
      const next = nextState(state, 'vanished');
      expect(next === 'lost').toBe(isUsable(state) || state === 'paused');
    }
    expect(nextState('stopping', 'vanished')).toBeUndefined();
  });

  it('begin commands only where commands can be run', () => {
    for (const state of states) {
      expect(nextState(state, 'command_began') !== undefined).toBe(isUsable(state));
    }
  });

  it('whatever happens in whatever order, lead on to states that there are, and stopping always leads to the end', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...happenings), { maxLength: 40 }), (life) => {
        let state: SandboxState = 'creating';
        for (const happening of life) {
          const next = nextState(state, happening);
          // What cannot happen changes nothing; what can never brings back one that is gone or was given up.
          if (next === undefined) continue;
          expect(states).toContain(next);
          if (['failed', 'lost', 'stopping'].includes(state)) expect(isUsable(next) || next === 'paused').toBe(false);
          state = next;
        }
        const stopping = state === 'gone' ? 'stopping' : nextState(state, 'stop_asked');
        expect(stopping).toBe('stopping');
        expect(nextState('stopping', 'removed')).toBe('gone');
      }),
    );
  });
});
