import type { ChecklistGroup, ChecklistId, ChecklistState } from './checklist.ts';

/**
 * The English of the production checklist, for pages, command line and exports alike; `{{name}}` is filled in. Each
 * sentence says what was found and, when there is something to do, what.
 */

export const checklistGroupTitles = {
  access: 'Access and secrets',
  sandboxes: 'Sandboxes',
  data: 'Data',
  operation: 'Operation',
} as const satisfies Record<ChecklistGroup, string>;

export const checklistStateWords = {
  passed: 'passed',
  warning: 'warning',
  failed: 'failed',
  not_applicable: 'n/a',
  could_not_check: 'could not check',
} as const satisfies Record<ChecklistState, string>;

export const checklistTitles = {
  secret_sources: 'Keys come from the environment or the vault',
  token: 'A token is set when others can reach the server',
  cors: 'CORS origins are explicit',
  transport: 'TLS, or loopback only',
  leaks: 'No leaked keys',
  docker: 'Docker is reachable',
  image_pinned: 'The sandbox image is pinned',
  sandbox_privilege: 'Sandboxes have least privilege',
  shutdown: 'A graceful shutdown destroys sandboxes',
  idle_timeout: 'The idle timeout fits the use',
  data_volume: 'The data directory is on a persistent volume',
  session_store: 'The session store fits the scaling',
  backups: 'Backups are made and verified',
  disk: 'The disk has headroom',
  health: '/health is registered and answers',
  logs: 'Logs are collected',
  clock: 'The clock is right',
  update: 'The program is up to date',
} as const satisfies Record<ChecklistId, string>;

export const checklistSentences = {
  check_threw: 'The test itself failed: {{reason}}',
  check_timed_out: 'There was no answer within {{seconds}} s.',
  not_running: 'The server does not run, so it cannot be asked. Start it, then test again.',

  secrets_in_vault: 'No key lies in a file as plain text.',
  secrets_in_config:
    'agentrail.yaml holds what looks like a key at {{paths}}. Store it on the Secrets page and take it out of the file.',
  secrets_in_env_file: '{{file}} holds {{names}} as plain text. Import it on the Secrets page, then delete it.',
  vault_key_on_disk:
    'Keys are in the vault, but its key is a file beside it: only the disk protects them. Use a passphrase or a keychain.',
  vault_readable: '{{file}} can be read by other users of this machine. Make it private with chmod 600.',
  vault_unusable: 'The vault is {{state}}, so keys cannot be read from it. Unlock or restore it.',
  no_secrets: 'No key is set; the offline demo answers. Set the key of a model provider.',

  token_not_needed: 'Only this machine can reach the server, so no token is needed.',
  token_refuses: 'Requests without a token are refused.',
  token_set: 'A token is set. That it is asked for was not tried, because the server does not run.',
  token_missing: 'Others can reach the server at {{host}}, and no token is set. Generate one.',
  token_short: 'The token is short enough to be guessed. Generate a new one.',
  token_not_asked: 'A request without a token was answered with {{status}}. Look at the settings of the server.',

  cors_explicit: 'Browsers of the listed origins alone may use the server.',
  cors_none: 'No other origin may use the server in a browser.',
  cors_default:
    'The origin of development is in force, because none is set. Set the origins of your own pages, or none.',
  cors_wildcard: '{{origin}} is no explicit origin. List every origin that may use the server.',
  cors_plain_http: '{{origin}} is not encrypted: whoever is on the way can use the server through it. Use https.',
  cors_answers_others: 'A foreign origin was let in by the answer of the server. Look at what stands between.',

  transport_loopback: 'The server listens on loopback only.',
  transport_tls: 'The server listens on loopback, and {{host}} reaches it by TLS.',
  transport_open:
    'The server takes plain HTTP from other machines at {{host}}. Listen on 127.0.0.1, with a reverse proxy for TLS in front.',
  transport_proxy_fails: 'No TLS was found at {{host}}: {{reason}}',

  leaks_never_swept: 'No leak sweep has looked for stored keys yet. Run one on the Secrets page.',
  leaks_none: 'The last leak sweep found no stored key outside its place.',
  leaks_found: 'The last leak sweep found {{found}} places that hold a stored key. Scrub them, then rotate the keys.',
  leaks_old: 'The last leak sweep is {{days}} days old. Run a new one.',

  docker_answers: 'Docker {{version}} answers.',
  docker_missing: 'Docker is not connected: {{problem}}',

  image_by_digest: 'The image is named by its digest and cannot change.',
  image_built_here: 'The image was built on this machine; no registry can move its name.',
  image_tag: 'The tag of {{image}} can be moved to another image at its registry. Pin it to its digest.',
  image_floating: '{{image}} names no version, so another day it is another image. Pin it.',
  image_missing: 'Docker does not have {{image}}. Build or pull it on the Sandboxes page.',
  image_pinned_unseen: 'The name is pinned; whether Docker has the image was not seen.',

  privilege_least: 'A throw-away sandbox ran without root, powers, network or Docker, and could not write its root.',
  privilege_too_much: 'A throw-away sandbox had more than it should: {{faults}}. Look at the image and the engine.',
  privilege_settings: 'The settings give sandboxes more than they need: {{settings}}.',
  sandbox_refused: 'No throw-away sandbox could be started: {{reason}}',

  shutdown_clean: 'A throw-away sandbox was started and gone {{ms}} ms after the shutdown.',
  shutdown_left:
    'Containers stayed after the shutdown: {{names}}. Remove them on the Sandboxes page and look at the log.',
  shutdown_no_drain:
    'Sandboxes are destroyed, but runs are cut off at once (shutdown.drainMs is 0). Give them time to end.',

  idle_fits: 'Sandboxes wait {{minutes}} min; {{share}} % of the pauses in conversations are shorter.',
  idle_too_short:
    'Sandboxes wait {{minutes}} min, and {{share}} % of the pauses are longer: people come back to a cold start. {{better}} min would do.',
  idle_too_long:
    'Sandboxes wait {{minutes}} min, though 95 % of the pauses are over in {{typical}} min: memory is held for nobody. {{better}} min would do.',
  idle_too_little_use:
    'There is too little use to judge by: {{pauses}} pauses of {{wanted}} were measured. Waive this until there is more.',

  volume_persistent: 'The data directory takes bytes, and its disk outlives a restart.',
  volume_memory: 'The data directory is in memory ({{kind}}): everything is lost with a restart. Mount a volume there.',
  volume_container: 'The data directory is in the container itself: everything is lost with it. Mount a volume there.',
  volume_temporary: 'The data directory is below {{folder}}, which the system may clear. Move it.',
  volume_network:
    'The data directory is on a network disk ({{kind}}). Only one machine may use it, and it is gone when the network is.',
  volume_unwritable: 'The data directory cannot be written: {{reason}}',

  store_files_single: 'One server with sessions in files: they fit.',
  store_postgres: 'Sessions are in PostgreSQL, which several servers can share; it answered.',
  store_postgres_sandboxes:
    '{{count}} servers share the sessions, and each has sandboxes of its own Docker. Use sticky sessions or one remote Docker host.',
  store_fails: 'The session store does not answer: {{reason}}',
  store_files_network:
    'Sessions are in files on a network disk: a second server must never use them. Use PostgreSQL for several.',

  backups_verified: 'The newest backup was read whole, and every file in it is as it was written.',
  backups_none: 'There is no backup. Make one, and set a schedule.',
  backups_old: 'The newest backup is {{days}} days old. Make one, and set a schedule.',
  backups_damaged: 'The newest backup cannot be used: {{reason}}',
  backups_no_schedule: 'The newest backup is good, but none is made by itself. Set a schedule.',
  backups_same_disk: 'The newest backup is good, but it lies on the disk of the data. Set backup.dir to another disk.',

  disk_roomy: '{{percent}} % of the disk is free.',
  disk_tight: '{{percent}} % of the disk is free. Make room before it fills.',
  disk_full: '{{percent}} % of the disk is free: writing will soon fail. Make room now.',

  health_answers: '/health answered with 200 in {{ms}} ms.',
  health_not_ready: '/health answers, but /ready does not say ready. The Health page says why.',
  health_wrong: '/health answered with {{status}}: something else is at this address.',
  health_silent: '/health gave no answer: {{reason}}',

  logs_collected: 'A line that was written was found again in the log.',
  logs_seen: 'The log is written; its newest line is {{minutes}} min old.',
  logs_lost: 'A line that was written is not in the log. Look at the disk and its rights.',
  logs_quiet:
    'The log keeps errors and warnings only (logging.level is {{level}}). Set info, so that it tells what led to them.',
  logs_endless: 'Logs are collected, but never deleted. Set retention.logsDays.',
  logs_none: 'There is no log in this data directory yet.',

  clock_right: 'The clocks of this machine, its disk and Docker agree.',
  clock_apart:
    'The clock of {{other}} is {{seconds}} s apart from this machine. Let the system set its clock by the network (NTP).',
  clock_wrong: 'This machine says it is {{time}}, which cannot be. Let the system set its clock by the network (NTP).',

  update_unknown:
    'This program does not look for newer versions yet. Compare {{version}} with the newest release yourself, then waive this.',
  update_current: '{{version}} is the newest version.',
  update_available: '{{latest}} is out; this is {{version}}. Update.',
  update_failed: 'Whether there is a newer version than {{version}} could not be found out: {{reason}}',
} as const;
export type ChecklistSentence = keyof typeof checklistSentences;

/** What the button of a fix says. */
export const checklistFixes = {
  generate_token: 'Generate token',
  pin_image: 'Pin image',
  set_origins: 'Set origins…',
  set_idle_timeout: 'Set idle timeout',
  set_log_retention: 'Keep logs 30 days',
  set_log_level: 'Log at info',
  set_backup_schedule: 'Back up daily',
  open_secrets: 'Open Secrets',
  open_settings: 'Open Settings',
  open_sandboxes: 'Open Sandboxes',
  open_data: 'Open Data',
  open_health: 'Open Health',
  open_logs: 'Open Logs',
  open_overview: 'Open Overview',
} as const;
export type ChecklistFixCode = keyof typeof checklistFixes;

/** A sentence with its gaps filled. */
export function fillWords(text: string, params: Readonly<Record<string, string>>): string {
  return text.replace(/{{(\w+)}}/g, (_, name: string) => params[name] ?? '');
}
