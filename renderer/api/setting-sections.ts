/** The sections of Settings in their order. The address `/settings?section=<id>` leads to each. */
export const settingSections = [
  'console',
  'startup',
  'updates',
  'server',
  'models',
  'permissions',
  'mcp',
  'sandbox',
  'web',
  'network',
  'runs',
  'compaction',
  'retention',
  'logging',
  'shortcuts',
  'privacy',
] as const;
export type SettingSection = (typeof settingSections)[number];
