import { describe, expect, it } from 'vitest';
import { pastPrompts, stepThrough } from './past-prompts.ts';
import { beginRun, emptyTranscript } from './transcript.ts';

const asked = (...texts: string[]) =>
  texts.reduce((transcript, text, place) => beginRun(transcript, text, String(place)), emptyTranscript);

describe('past prompts', () => {
  it('are told newest first, each once, those of the open session before others', () => {
    expect(pastPrompts([asked('one', 'two'), asked('three', 'two')])).toEqual(['two', 'three', 'one']);
  });

  it('are stepped through up and down, and back to the empty field', () => {
    const prompts = ['new', 'old'];
    expect(stepThrough(prompts, '', -1, 1)).toEqual({ place: 0, text: 'new' });
    expect(stepThrough(prompts, 'new', 0, 1)).toEqual({ place: 1, text: 'old' });
    expect(stepThrough(prompts, 'old', 1, 1)).toBeUndefined();
    expect(stepThrough(prompts, 'old', 1, -1)).toEqual({ place: 0, text: 'new' });
    expect(stepThrough(prompts, 'new', 0, -1)).toEqual({ place: -1, text: '' });
  });

  it('leave words alone that the person writes', () => {
    expect(stepThrough(['new'], 'mine', -1, 1)).toBeUndefined();
    expect(stepThrough(['new'], 'new and changed', 0, 1)).toBeUndefined();
    expect(stepThrough([], '', -1, -1)).toBeUndefined();
    expect(stepThrough([], '', -1, 1)).toBeUndefined();
  });
});
