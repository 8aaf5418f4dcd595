import type { SandboxSettings } from './agent-settings.ts';
import { isPinned } from './image-status.ts';

export interface SettingWarning {
  code: 'secrets_granted' | 'host_services_open' | 'image_not_pinned';
  /** What follows from the setting, and what would be safer. */
  sentence: string;
}

/** What a person should know of these settings: they are allowed, and code of a model can make use of them. */
export function sandboxSettingWarnings(settings: SandboxSettings): SettingWarning[] {
  const { grantSecrets, secretProxy, network, allowHostServices, image } = settings;
  const warnings: SettingWarning[] = [];
  const given = grantSecrets.filter((name) => !secretProxy.some((proxied) => proxied === name));
  if (given.length > 0) {
    const sentence = `Commands in sandboxes can read ${given.join(', ')} (sandbox.grantSecrets). For keys of models and searches sandbox.secretProxy keeps the value outside.`;
    warnings.push({ code: 'secrets_granted', sentence });
  }
  if (network === 'open' && allowHostServices) {
    const sentence =
      'Sandboxes can reach the services of this machine (sandbox.network: open with sandbox.allowHostServices). An allow-list reaches none.';
    warnings.push({ code: 'host_services_open', sentence });
  }
  if (!isPinned(image)) {
    const sentence = `The sandbox image ${image} has no tag that says which one it is (sandbox.image), so another day it may be another image. Name a version, or the digest that the Sandboxes page shows.`;
    warnings.push({ code: 'image_not_pinned', sentence });
  }
  return warnings;
}
