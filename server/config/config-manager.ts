import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type Config, type ConfigFault, type ConfigValue, configSchema, restartPaths } from '../contract/config.ts';
import type { SettingsText } from '../contract/settings-text.ts';
import { createSerialQueue } from '../lib/serial-queue.ts';
import { layerOf, readConfigFile, readConfigText, writeConfigFile } from './config-file.ts';
import { editConfig } from './edit-yaml.ts';
import { type Environment, expandHome } from './env.ts';
import { findConfig } from './find-config.ts';
import { invalidConfig } from './invalid-config.ts';
import { commandLineLayer, editsOf, environmentLayer, refuseShadowed } from './overrides.ts';
import { type ParsedConfig, parseConfig } from './parse-yaml.ts';
import { explainLayers, joinLayers, type SettingLayer } from './setting-layers.ts';
import { valueAt } from './setting-tree.ts';
import { readSettingsText, takeSettingsText, versionOf } from './settings-text.ts';

/** What the process was started with, parsed once from the command line and the environment. */
export interface Boot {
  /** Absolute. */
  dataDir: string;
  configPath?: string;
  /** Directory where the search for agentrail.yaml goes upwards from. */
  cwd: string;
}

/** A change that a person made on the Settings page: dotted paths and new values; null takes a key out of the file. */
export type SettingsChange = Record<string, unknown>;

/** Reads agentrail.yaml, joins it with environment and command line, and writes changes back with comments kept. */
export interface ConfigManager {
  /** The configuration in force: the last one that was free of faults. */
  current(): Config;
  /** The file that is read and written; it may not exist yet. */
  filePath(): string;
  /** Every leaf with the source that won. */
  values(): ConfigValue[];
  /** Faults of the file as it is now; empty when it is fine. Notes are deprecations and misplaced secrets. */
  faults(): ConfigFault[];
  notes(): ConfigFault[];
  /** Reads the file again. Throws AppError `invalid_config` (400, details: ConfigFault[]) and keeps what was in force. */
  reload(): Promise<Config>;
  /**
   * Validates, then writes atomically. Throws AppError `invalid_config` (400) and writes nothing on a fault.
   * Resolves with the paths that take effect only after a restart of the server.
   */
  change(change: SettingsChange): Promise<{ needsRestart: string[] }>;
  /** The file as it is on the disk; in force when it was read since it was written. */
  text(): Promise<SettingsText & { isInForce: boolean }>;
  /**
   * Puts a whole text in the place of the version that it was made from. Throws AppError `settings_changed` (409) when
   * another is on the disk by now and `invalid_config` (400); nothing is written then.
   */
  replaceText(text: string, base: string): Promise<{ needsRestart: string[]; version: string }>;
  subscribe(listener: () => void): () => void;
}

export interface ConfigManagerOptions {
  boot: Boot;
  env: Environment;
  /** Dotted paths and values, for instance `{ 'server.port': 4000 }`. */
  commandLine?: Record<string, unknown>;
}

/**
 * Reads the file once. A faulty file does not stop the making: then the other sources and the defaults are in force,
 * `faults()` tells what is wrong, and `reload()` throws. Throws AppError `invalid_config` (400) for a fault of the
 * command line.
 */
export async function createConfigManager(options: ConfigManagerOptions): Promise<ConfigManager> {
  const { boot, env } = options;
  const { file, notes: searchNotes } = await findConfig(boot);
  const overriding = [environmentLayer(env), commandLineLayer(options.commandLine ?? {})];
  const listeners = new Set<() => void>();
  const queue = createSerialQueue();

  let latest: ParsedConfig = parseConfig('');
  let layers: SettingLayer[] = overriding;
  let config = configOf(layers);
  accept(await readConfigFile(file));

  function configOf(from: readonly SettingLayer[]): Config {
    return withAbsolutePaths(configSchema.parse(joinLayers(from)), { home: env.home, folder: path.dirname(file) });
  }

  function accept(parsed: ParsedConfig): void {
    latest = parsed;
    if (parsed.faults.length > 0) return;
    layers = [layerOf(file, parsed), ...overriding];
    config = configOf(layers);
  }

  function take(parsed: ParsedConfig): void {
    accept(parsed);
    for (const listener of listeners) listener();
  }

  async function reload(): Promise<Config> {
    take(await readConfigFile(file));
    if (latest.faults.length > 0) throw invalidConfig(latest.faults);
    return config;
  }

  async function change(wanted: SettingsChange): Promise<{ needsRestart: string[] }> {
    const edits = editsOf(wanted);
    refuseShadowed(edits, overriding);
    const text = await readConfigText(file);
    const parsed = parseConfig(text);
    if (!parsed.document) throw invalidConfig(parsed.faults);
    const edited = editConfig(text, parsed, edits);
    const result = parseConfig(edited);
    if (result.faults.length > 0) throw invalidConfig(result.faults);
    return store(edited, result);
  }

  async function replaceText(text: string, base: string): Promise<{ needsRestart: string[]; version: string }> {
    const parsed = await takeSettingsText(file, text, base);
    return { ...(await store(text, parsed)), version: versionOf(text) };
  }

  async function store(text: string, parsed: ParsedConfig): Promise<{ needsRestart: string[] }> {
    await writeConfigFile(file, text);
    const before = config;
    take(parsed);
    const isOther = (dotted: string) =>
      !isDeepStrictEqual(valueAt(before, dotted.split('.')), valueAt(config, dotted.split('.')));
    return { needsRestart: restartPaths.filter(isOther) };
  }

  return {
    current: () => config,
    filePath: () => file,
    values: () => explainLayers(config, layers),
    faults: () => latest.faults,
    notes: () => [...searchNotes, ...latest.notes],
    reload: () => queue(reload),
    change: (wanted) => queue(() => change(wanted)),
    async text() {
      const onDisk = await readSettingsText(file);
      return { ...onDisk, isInForce: onDisk.text === latest.text };
    },
    replaceText: (text, base) => queue(() => replaceText(text, base)),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Files are relative to the file that names them. */
function withAbsolutePaths(config: Config, { home, folder }: { home: string; folder: string }): Config {
  const absolute = (file: string) => path.resolve(folder, expandHome(file, home));
  const agents = Object.entries(config.agents).map(([id, agent]) => {
    const { promptFile, promptFragments } = agent;
    return [
      id,
      {
        ...agent,
        ...(promptFile !== undefined && { promptFile: absolute(promptFile) }),
        ...(promptFragments && { promptFragments: promptFragments.map(absolute) }),
      },
    ];
  });
  // A bare word is the name of a plugin that comes with the program.
  const pluginAt = (name: string) => (/[/\\.]/.test(name) ? absolute(name) : name);
  const plugins = config.plugins.map((plugin) =>
    typeof plugin === 'string' ? pluginAt(plugin) : { ...plugin, path: pluginAt(plugin.path) },
  );
  const mcpServers = Object.entries(config.mcpServers).map(([name, server]) => [
    name,
    server.cwd === undefined ? server : { ...server, cwd: absolute(server.cwd) },
  ]);
  const { caFile } = config.network;
  const network = { ...config.network, ...(caFile !== undefined && { caFile: absolute(caFile) }) };
  return {
    ...config,
    network,
    agents: Object.fromEntries(agents),
    plugins,
    mcpServers: Object.fromEntries(mcpServers),
  };
}
