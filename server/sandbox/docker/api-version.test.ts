import { expect, it } from 'vitest';
import { negotiateApi } from './api-version.ts';

it.each([
  ['1.41', '1.12', { version: '1.41' }],
  ['1.52', '1.44', { version: '1.47' }],
  ['1.41', undefined, { version: '1.41' }],
  ['1.47', '1.47', { version: '1.47' }],
  ['1.39', '1.12', { fault: 'docker_api_too_old' }],
  ['1.60', '1.48', { fault: 'docker_api_too_new' }],
  ['2.0', '1.48', { fault: 'docker_api_too_new' }],
])('an engine from %s down to %s and we speak %j', (newest, oldest, expected) => {
  expect(negotiateApi(newest, oldest)).toEqual(expected);
});
