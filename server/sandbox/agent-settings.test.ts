import { describe, expect, it } from 'vitest';
import { configSchema } from '../contract/config.ts';
import { isSameSettings, settingsFor } from './agent-settings.ts';

const common = configSchema.parse({ sandbox: { memory: '1g', allowHosts: ['pypi.org'] } }).sandbox;

describe('the settings of an agent’s sandboxes', () => {
  it('are the common ones but for what the agent has otherwise', () => {
    expect(settingsFor(common, undefined)).toEqual(common);
    const own = settingsFor(common, { network: 'allow-list', memory: '2g', allowHosts: ['*.npmjs.org'] });
    expect(own).toEqual({ ...common, network: 'allow-list', memory: '2g', allowHosts: ['*.npmjs.org'] });
  });

  it('are the same whatever their order, and others when a host differs', () => {
    expect(isSameSettings(undefined, {})).toBe(true);
    expect(isSameSettings({ cpus: 1, pids: 20 }, { pids: 20, cpus: 1 })).toBe(true);
    expect(isSameSettings({ allowHosts: ['a.org'] }, { allowHosts: ['b.org'] })).toBe(false);
  });

  it('are read from the configuration, strictly', () => {
    const agents = { coder: { sandbox: { network: 'open', memory: '512m', cpus: 2, pids: 100, image: 'x:1' } } };
    expect(configSchema.safeParse({ agents }).success).toBe(true);
    for (const sandbox of [{ network: 'all' }, { warmPool: 2 }, { allowHosts: ['http://x'] }, { memory: 'much' }]) {
      expect(configSchema.safeParse({ agents: { coder: { sandbox } } }).success).toBe(false);
    }
  });
});
