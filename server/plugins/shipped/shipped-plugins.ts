import type { Plugin } from '../plugin.ts';
import { attachmentHints } from './attachment-hints.ts';
import { requestLogger } from './request-logger.ts';
import { slashCommands } from './slash-commands.ts';

/** The plugins that come with the program, by the names that settings use. */
export const shippedPlugins: Readonly<Record<string, () => Plugin>> = {
  'request-logger': requestLogger,
  'slash-commands': slashCommands,
  'attachment-hints': attachmentHints,
};
