/** What happened while nobody looked; by code. */
export const notices = {
  title: 'Notifications',
  bell: 'Notifications',
  bellUnread_one: 'Notifications, {{count}} unread',
  bellUnread_other: 'Notifications, {{count}} unread',
  empty: 'Nothing happened that needs you.',
  dismiss: 'Dismiss: {{title}}',
  dismissAll: 'Dismiss all',
  over: 'over',
  unread: 'unread',
  untitled: 'A run',
  native: 'Tell me when the window is in the background',
  codes: {
    run_failed: { title: 'A run failed', note: '{{title}}' },
    question_waiting: { title: 'An agent has a question', note: '{{question}}' },
    permission_waiting: { title: 'An agent asks for permission: {{tool}}', note: '{{title}}' },
    image_missing: { title: 'The sandbox image is missing', note: '{{reference}}' },
    disk_low: { title: 'The disk is nearly full', note: '{{free}} left' },
    backup_failed: { title: 'The scheduled backup failed', note: '{{message}}' },
    server_failed: { title: 'The server did not start', note: '{{message}}' },
    key_rejected: { title: '{{name}} was rejected', note: 'The provider refuses this key.' },
  },
} as const;
