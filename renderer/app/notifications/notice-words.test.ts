import { describe, expect, it } from 'vitest';
import type { Notice } from '../../../server/contract/notices.ts';
import { isInSight, noticeHref } from './notice-words.ts';

const base: Notice = { id: 'a', code: 'disk_low', severity: 'bad', params: {}, at: 1, isRead: false, isOver: false };
const session = { tenantId: 'acme', userId: 'default', sessionId: 'ses_1' };

describe('a notice', () => {
  it('leads to its session, with its owner, or to the page that mends it', () => {
    expect(noticeHref({ code: 'run_failed', session })).toBe('/playground/ses_1?tenant=acme');
    expect(noticeHref(base)).toBe('/data');
  });

  it('is in sight on its page, and problems on Overview too', () => {
    expect(isInSight(base, '/')).toBe(true);
    expect(isInSight(base, '/data')).toBe(true);
    expect(isInSight(base, '/logs')).toBe(false);
    const failed: Notice = { ...base, code: 'run_failed', session };
    expect(isInSight(failed, '/playground/ses_1')).toBe(true);
    expect(isInSight(failed, '/playground/ses_2')).toBe(false);
    expect(isInSight(failed, '/')).toBe(false);
  });
});
