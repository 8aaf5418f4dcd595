/** By code of the problem: what is wrong, what to do, and the words on the button that goes there. */
export const problems = {
  server_failed: { title: 'The server did not start', note: '{{message}}', action: 'Show logs' },
  vault_locked: { title: 'The vault is locked', note: '{{problem}}', action: 'Open Secrets' },
  vault_damaged: { title: 'The vault file is damaged', note: '{{problem}}', action: 'Open Secrets' },
  config_faults: { title: 'The configuration file has faults', note: '{{path}}: {{message}}', action: 'Show faults' },
  disk_low: { title: 'The disk is nearly full', note: '{{free}} left ({{freePct}} %)', action: 'Look' },
  no_model_key: {
    title: 'No model key is set',
    note: 'Runs use the offline demo model until there is one.',
    action: 'Set a key',
  },
  backup_failed: { title: 'The scheduled backup failed', note: '{{message}}', action: 'Open Data' },
  key_rejected: { title: '{{name}} was rejected', note: 'The provider refuses this key.', action: 'Replace' },
  engine_not_connected: { title: 'Docker is not connected', note: '{{problem}}', action: 'See why' },
  image_missing: { title: 'The sandbox image is missing', note: '{{reference}}', action: 'How to get it' },
  unknown: { title: 'Something needs attention', note: '{{code}}', action: 'Look' },
} as const;
