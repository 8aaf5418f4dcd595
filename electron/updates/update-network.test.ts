import { describe, expect, it, vi } from 'vitest';
import { proxyConfigOf, takeNetwork } from './update-network.ts';

const status = { bypass: [], isScriptIgnored: false };

describe('the way of updates', () => {
  it('is that of the settings, in words of Chromium', () => {
    expect(proxyConfigOf(undefined)).toEqual({ mode: 'system' });
    expect(proxyConfigOf({ source: 'desktop', ...status })).toEqual({ mode: 'system' });
    expect(proxyConfigOf({ source: 'none', ...status })).toEqual({ mode: 'direct' });
    const bypass = ['example.com', '*.test', '10.0.0.0/8'];
    expect(proxyConfigOf({ ...status, source: 'settings', http: 'http://p:1', https: 'http://p:1', bypass })).toEqual({
      mode: 'fixed_servers',
      proxyRules: 'http=http://p:1;https=http://p:1',
      proxyBypassRules: 'example.com,*.example.com,*.test,10.0.0.0/8',
    });
  });

  it('is taken by the session that asks', async () => {
    const session = { setProxy: vi.fn(async () => undefined) };
    await takeNetwork(session, { status: async () => ({ source: 'none' as const, ...status }) });
    expect(session.setProxy).toHaveBeenCalledWith({ mode: 'direct' });
    await takeNetwork(session, undefined);
    expect(session.setProxy).toHaveBeenLastCalledWith({ mode: 'system' });
  });

  it('is not gone by chance when the settings lead nowhere', async () => {
    const session = { setProxy: vi.fn(async () => undefined) };
    const problem = { code: 'network_proxy_missing', message: 'Set it.' };
    const network = { status: async () => ({ source: 'settings' as const, ...status, problem }) };
    await expect(takeNetwork(session, network)).rejects.toThrow('Set it.');
    expect(session.setProxy).not.toHaveBeenCalled();
  });
});
