import type { Reply } from '../../agent/run-hooks.ts';
import type { SessionDesk } from '../../agent/session-desk.ts';
import { AppError } from '../../lib/app-error.ts';
import type { Plugin } from '../plugin.ts';

interface Command {
  usage: string;
  does: string;
  /** Whether it takes words after its name; with words that it does not take, the message goes to the model. */
  takesWords?: true;
  run(desk: SessionDesk, words: string): Promise<string>;
}

const commands: Readonly<Record<string, Command>> = {
  help: {
    usage: '/help',
    does: 'shows this list',
    run: async () => helpText(),
  },
  reset: {
    usage: '/reset',
    does: 'starts over; what was said stays readable in the archive',
    async run(desk) {
      return (await desk.startOver())
        ? 'We start over. What was said before is in the archive of this session, and I no longer see it.'
        : 'There is nothing to forget yet.';
    },
  },
  compact: {
    usage: '/compact',
    does: 'shortens the conversation to a summary; the words go to the archive',
    async run(desk) {
      const { messagesBefore, messagesAfter, tokensBefore, tokensAfter } = await desk.compact();
      return `Shortened from ${messagesBefore} messages to ${messagesAfter}, from about ${tokensBefore} tokens to ${tokensAfter}.`;
    },
  },
  model: {
    usage: '/model [provider:model | default]',
    does: 'shows or chooses the model for this session',
    takesWords: true,
    run: chooseModel,
  },
};

const pattern = /^\s*\/([a-z]+)(?:\s+(\S[^\n]*?))?\s*$/;

/** `/help`, `/reset`, `/compact` and `/model`, answered before the model sees them. Anything else goes to the model. */
export function slashCommands(): Plugin {
  return {
    name: 'slash-commands',
    version: '1.0.0',
    interceptChatRequest({ message }) {
      const [, name = '', words = ''] = pattern.exec(message) ?? [];
      const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
      if (!command || (words !== '' && !command.takesWords)) return undefined;
      return { reply: replyOf(command, words) };
    },
  };
}

/** What a command refuses is an answer, too. */
function replyOf({ run }: Command, words: string): Reply {
  return async (desk) => {
    try {
      return await run(desk, words);
    } catch (error) {
      if (error instanceof AppError && error.status < 500) return error.message;
      throw error;
    }
  };
}

async function chooseModel(desk: SessionDesk, words: string): Promise<string> {
  if (words === '') {
    const models = desk.models();
    const list = models.length === 0 ? '' : `\n\nTo be had: ${models.map((name) => `\`${name}\``).join(', ')}.`;
    return `${await currentModel(desk)}${list}\n\nChoose with \`/model provider:model\`, go back with \`/model default\`.`;
  }
  await desk.chooseModel(words === 'default' ? undefined : words);
  return currentModel(desk);
}

async function currentModel(desk: SessionDesk): Promise<string> {
  try {
    const { current, chosen } = await desk.model();
    return `This session talks to \`${current}\`${chosen === undefined ? '' : ', chosen for it alone'}.`;
  } catch (error) {
    if (error instanceof AppError && error.status < 500)
      return `This session's model cannot be asked: ${error.message}`;
    throw error;
  }
}

function helpText(): string {
  const lines = Object.values(commands).map(({ usage, does }) => `- \`${usage}\` ${does}`);
  return `Commands of this conversation:\n\n${lines.join('\n')}\n\nEverything else goes to the model.`;
}
