import { stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { defineTool } from '../agent/tools/tool.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import type { Plugin } from './plugin.ts';
import { checkPlugin } from './plugin-shape.ts';

/** What a plugin file that exports a function is handed: such a file cannot import the program's packages. */
export interface PluginKit {
  z: typeof z;
  defineTool: typeof defineTool;
}

export interface LoadOptions {
  /** Names of shipped plugins, and absolute paths of files. */
  wanted: readonly (string | { path: string; required: boolean })[];
  /** The shipped ones by name. */
  shipped: Readonly<Record<string, () => Plugin>>;
  /** Made in code, in front of the others. */
  given?: readonly Plugin[] | undefined;
}

export interface LoadedPlugins {
  plugins: Plugin[];
  failed: { name: string; reason: string }[];
}

/**
 * The plugins that the settings name. One that cannot be loaded is left out with its reason: a file that is missing or
 * broken cannot say that it is critical, so the settings do. Throws AppErrors `plugin_required` for such a one, and
 * `invalid_plugin` for those made in code.
 */
export async function loadPlugins({ wanted, shipped, given = [] }: LoadOptions): Promise<LoadedPlugins> {
  const loaded: LoadedPlugins = {
    plugins: given.map((plugin) => checkPlugin(plugin, `"${String(plugin?.name)}"`)),
    failed: [],
  };
  for (const entry of wanted) {
    const { path: name, required } = typeof entry === 'string' ? { path: entry, required: false } : entry;
    try {
      const make = Object.hasOwn(shipped, name) ? shipped[name] : undefined;
      const plugin = make ? make() : await loadFile(name, Object.keys(shipped));
      if (loaded.plugins.some((other) => other.name === plugin.name)) throw duplicate(plugin.name);
      loaded.plugins.push(plugin);
    } catch (error) {
      if (required) throw missingRequired(name, error);
      loaded.failed.push({ name, reason: messageOf(error) });
    }
  }
  return loaded;
}

/** Reads a module whose default export is a plugin, or a function that makes one. */
async function loadFile(file: string, shippedNames: readonly string[]): Promise<Plugin> {
  const exported = await importDefault(file, shippedNames);
  const made: unknown =
    typeof exported === 'function' ? await exported({ z, defineTool } satisfies PluginKit) : exported;
  return checkPlugin(made, file);
}

async function importDefault(file: string, shippedNames: readonly string[]): Promise<unknown> {
  const found = isAbsolute(file) ? await stat(file).catch(() => undefined) : undefined;
  if (!found) {
    throw new AppError(
      'plugin_not_found',
      `There is no plugin file ${file}. Check the setting plugins, or name a shipped one: ${shippedNames.join(', ')}.`,
    );
  }
  const url = pathToFileURL(file);
  // Modules are kept for good by their address: an edited file is another one.
  url.searchParams.set('changed', String(found.mtimeMs));
  try {
    const module: { default?: unknown } = await import(/* @vite-ignore */ url.href);
    if (module.default !== undefined) return module.default;
  } catch (error) {
    throw new AppError('plugin_broken', `The plugin file ${file} cannot be loaded: ${messageOf(error)}`, {
      cause: error,
    });
  }
  throw new AppError('invalid_plugin', `The plugin file ${file} has no default export. Export a plugin from it.`);
}

function missingRequired(name: string, cause: unknown): AppError {
  const message = `The server does not start without the plugin ${name}, which the settings require: ${messageOf(cause)}`;
  return new AppError('plugin_required', message, { cause });
}

function duplicate(name: string): AppError {
  return new AppError('duplicate_plugin', `A plugin called "${name}" runs already. Rename this one or leave it out.`);
}
