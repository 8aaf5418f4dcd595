import { AppError } from '../lib/app-error.ts';
import type { Plugin } from './plugin.ts';

const namePattern = /^[a-z][a-z0-9-]{0,63}$/;
const functions = [
  ...['start', 'stop', 'interceptChatRequest', 'attachmentHandler', 'onRequestStart', 'onRequestEnd'],
  ...['onTurnPersisted', 'onBeforeToolCall', 'onAfterToolCall', 'routes'],
] as const;
const lists = ['contextProviders', 'readinessChecks', 'tools'] as const;
const others = ['name', 'version', 'priority', 'critical'] as const;
const known = new Set<string>([...functions, ...lists, ...others]);

/** The plugin when it is one. Throws AppError `invalid_plugin` with every fault of it. `from` says where it came from. */
export function checkPlugin(value: unknown, from: string): Plugin {
  const faults = faultsOf(value);
  if (faults.length === 0) return value as Plugin;
  throw new AppError('invalid_plugin', `The plugin ${from} cannot be used: ${faults.join('; ')}.`, { status: 400 });
}

function faultsOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return ['it is no object'];
  const plugin = value as Record<string, unknown>;
  const isGiven = (key: string) => plugin[key] !== undefined;
  return [
    typeof plugin.name === 'string' && namePattern.test(plugin.name)
      ? ''
      : 'its name must be lower-case letters, digits and dashes',
    typeof plugin.version === 'string' && plugin.version !== ''
      ? ''
      : 'its version must be a text, for instance "1.0.0"',
    isGiven('priority') && !Number.isFinite(plugin.priority) ? 'its priority must be a number' : '',
    isGiven('critical') && typeof plugin.critical !== 'boolean' ? 'critical must be true or false' : '',
    ...functions.map((key) => (isGiven(key) && typeof plugin[key] !== 'function' ? `${key} must be a function` : '')),
    ...lists.map((key) => (isGiven(key) && !Array.isArray(plugin[key]) ? `${key} must be a list` : '')),
    ...listFaults(plugin.tools, 'tools', ['name', 'description'], 'execute'),
    ...listFaults(plugin.contextProviders, 'contextProviders', ['name'], 'provide'),
    ...listFaults(plugin.readinessChecks, 'readinessChecks', ['name'], 'check'),
    // A class has its own; a plain object with a misspelt hook would stay silent for ever.
    ...Object.keys(plugin).map((key) =>
      /^on[A-Z]|^intercept/.test(key) && !known.has(key) ? `there is no hook "${key}"` : '',
    ),
  ].filter((fault) => fault !== '');
}

function listFaults(list: unknown, of: string, texts: readonly string[], method: string): string[] {
  if (!Array.isArray(list)) return [];
  return list.map((item: unknown, index) => {
    const entry = typeof item === 'object' && item !== null ? (item as Record<string, unknown>) : {};
    const isRight = texts.every((key) => typeof entry[key] === 'string') && typeof entry[method] === 'function';
    return isRight ? '' : `${of}[${index}] needs ${texts.join(', ')} and the function ${method}`;
  });
}

/** Higher priority first; equals stay in the order they were given. Throws AppError `duplicate_plugin`. */
export function inOrder(plugins: readonly Plugin[]): Plugin[] {
  const seen = new Set<string>();
  for (const { name } of plugins) {
    if (seen.has(name)) {
      throw new AppError('duplicate_plugin', `There are two plugins called "${name}". Rename one or leave it out.`, {
        status: 400,
      });
    }
    seen.add(name);
  }
  return plugins.toSorted((a, b) => (b.priority ?? 0) - (a.priority ?? 0));
}
