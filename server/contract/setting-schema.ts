import { z } from 'zod';
import { configSchema } from './config.ts';
import { settingDocs } from './setting-docs.ts';
import type { SettingSchema } from './settings-text.ts';

/** The JSON schema of agentrail.yaml, as a person writes it, with words for every setting. */
export function settingSchema(): SettingSchema {
  return described(z.toJSONSchema(configSchema, { io: 'input' }) as SettingSchema, []);
}

function described(node: SettingSchema, path: readonly string[]): SettingSchema {
  const description = settingDocs[path.join('.')];
  const below = (key: string, child: SettingSchema) => described(child, [...path, key]);
  const { properties, additionalProperties } = node;
  return {
    ...node,
    ...(description !== undefined && { description }),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([key, child]) => [key, below(key, child)])),
    }),
    ...(typeof additionalProperties === 'object' && { additionalProperties: below('<name>', additionalProperties) }),
  };
}

export interface SchemaLeaf {
  path: string;
  schema: SettingSchema;
}

/** Every setting that holds a value, in the order of the schema. */
export function schemaLeaves(node: SettingSchema = settingSchema(), path: readonly string[] = []): SchemaLeaf[] {
  if (node.properties)
    return Object.entries(node.properties).flatMap(([key, child]) => schemaLeaves(child, [...path, key]));
  if (typeof node.additionalProperties === 'object')
    return schemaLeaves(node.additionalProperties, [...path, '<name>']);
  return [{ path: path.join('.'), schema: node }];
}
