import { Ajv } from '@modelcontextprotocol/client/validators/ajv';
import { CfWorkerJsonSchemaValidator } from '@modelcontextprotocol/client/validators/cf-worker';
import { messageOf } from '../lib/app-error.ts';
import { cleanText } from './clean-text.ts';
import { checkWork, hasOnlyOwnReferences } from './schema-work.ts';

export type JsonSchema = Record<string, unknown>;

/** Undefined when the value is fine, else what is wrong with it. Never throws. */
export type SchemaCheck = (value: unknown) => string | undefined;

export type ReadSchema =
  /** `forModel` is what providers take; `check` also looks at what had to be left out there. */
  { ok: true; forModel: JsonSchema; check: SchemaCheck } | { ok: false; reason: string };

const maxCharacters = 65_536;
const maxDepth = 32;
const maxDescription = 2000;

/** A key that providers take as the name of an argument. One tool with another one would have every call refused. */
const argumentName = /^[A-Za-z0-9_.-]{1,64}$/;

/** Not for the model: where a schema comes from, and choices at its top, which providers refuse. */
const notForModel = ['$schema', '$id', 'oneOf', 'anyOf', 'allOf', 'not', 'if', 'then', 'else'];
/** Not looked at here: expressions of strangers can be made to run for hours, and their server looks at them anyway. */
const notChecked = ['pattern', 'patternProperties', 'format'];
/** Names of schemas, by which one could be taken for another. */
const names = ['$id', 'id', '$anchor', '$dynamicAnchor', '$dynamicRef', '$recursiveAnchor', '$recursiveRef', '$async'];

/** Made once per server: what knows what a schema may look like. Compiles nothing of a stranger. */
export function createSchemaReader(): (schema: unknown) => ReadSchema {
  const metaSchema = new Ajv({ strict: false, logger: false });

  return (schema) => {
    const refused = (reason: string): ReadSchema => ({ ok: false, reason });
    if (!isRecord(schema)) return refused('Its schema is no object.');
    const text = JSON.stringify(schema);
    if (text.length > maxCharacters)
      return refused(`Its schema has ${text.length} characters; at most ${maxCharacters} are taken.`);
    if (depthOf(schema) > maxDepth) return refused(`Its schema is nested more than ${maxDepth} levels deep.`);
    if (schema.type !== undefined && schema.type !== 'object') return refused('Its schema describes no object.');
    if (!hasOnlyOwnReferences(schema)) return refused('Its schema refers to something outside of itself.');
    const { $schema: _, ...plain } = cleaned(schema, names) as JsonSchema;
    if (!metaSchema.validateSchema(plain)) return refused('Its schema is no valid JSON Schema.');
    const odd = Object.keys(isRecord(plain.properties) ? plain.properties : {}).find((key) => !argumentName.test(key));
    if (odd !== undefined)
      return refused(`Providers do not take ${JSON.stringify(odd.slice(0, 80))} as the name of an argument.`);
    if (!checkWork(plain)) return refused('Its schema would take too long to check.');
    const whole = { ...plain, type: 'object' };
    const check = checkOf(cleaned(whole, notChecked) as JsonSchema);
    const broken = brokenBy(check);
    if (broken !== undefined) return refused(`Its schema cannot be used: ${broken}`);
    return { ok: true, forModel: without(whole, notForModel), check: (value) => tryCheck(check, value) };
  };
}

/** Says whether the value is right, and what is wrong. Throws what a schema that leads nowhere makes it throw. */
function checkOf(schema: JsonSchema): SchemaCheck {
  const validate = new CfWorkerJsonSchemaValidator({ draft: '2020-12' }).getValidator(schema);
  return (value) => {
    const result = validate(value);
    return result.valid ? undefined : (result.errorMessage ?? 'It does not match the schema.');
  };
}

function brokenBy(check: SchemaCheck): string | undefined {
  try {
    check({});
    return undefined;
  } catch (error) {
    return error instanceof RangeError ? 'it refers to itself without end.' : messageOf(error).slice(0, 200);
  }
}

function tryCheck(check: SchemaCheck, value: unknown): string | undefined {
  try {
    return check(value);
  } catch (error) {
    return `It cannot be checked: ${messageOf(error).slice(0, 200)}`;
  }
}

/** Without these keywords, wherever a schema stands, and with the words in it cleaned. */
function cleaned(node: unknown, keywords: readonly string[]): unknown {
  if (Array.isArray(node)) return node.map((item) => cleaned(item, keywords));
  if (!isRecord(node)) return node;
  const entries = Object.entries(node).flatMap(([key, value]): [string, unknown][] => {
    if (keywords.includes(key)) return [];
    if ((key === 'description' || key === 'title') && typeof value === 'string')
      return [[key, cleanText(value, maxDescription)]];
    if (['properties', '$defs', 'definitions', 'dependentSchemas'].includes(key) && isRecord(value)) {
      // Its keys are names that the server chose, not keywords.
      const named = Object.entries(value).map(([name, child]) => [name, cleaned(child, keywords)]);
      return [[key, Object.fromEntries(named)]];
    }
    if (['enum', 'const', 'default', 'examples', 'required'].includes(key)) return [[key, value]];
    return [[key, cleaned(value, keywords)]];
  });
  return Object.fromEntries(entries);
}

function without(schema: JsonSchema, keywords: readonly string[]): JsonSchema {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !keywords.includes(key)));
}

function depthOf(node: unknown, limit = maxDepth + 1): number {
  if (limit === 0 || typeof node !== 'object' || node === null) return 0;
  let deepest = 0;
  for (const child of Object.values(node)) deepest = Math.max(deepest, depthOf(child, limit - 1));
  return deepest + 1;
}

function isRecord(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
