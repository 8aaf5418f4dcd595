import { expect, it } from 'vitest';
import { buildStep } from './build-step.ts';

it.each([
  [['Step 1/9 : FROM debian', ' ---> abc', 'Step 3/9 : RUN apt-get update', 'Get:1 http://x 4/5'], 3, 9],
  [['#5 [2/4] RUN one', '#6 [stage-0 3/4] RUN two', '#6 0.3 line'], 3, 4],
  [['Step 12/9 : odd'], 9, 9],
])('the last step that was told counts: %j', (lines, number, total) => {
  expect(buildStep(lines)).toEqual({ number, total });
});

it('says nothing where no step is told', () => {
  expect(buildStep(['Sending build context', 'Step 1/0 : none', ''])).toBeUndefined();
});
