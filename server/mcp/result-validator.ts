import type { Client } from '@modelcontextprotocol/client';
import { createSchemaReader } from './tool-schema.ts';

type Validator = NonNullable<NonNullable<ConstructorParameters<typeof Client>[1]>['jsonSchemaValidator']>;

/** Looks at structured results as at arguments. A schema that is refused checks nothing rather than fail the tool. */
export function createResultValidator(): Validator {
  const read = createSchemaReader();
  return {
    getValidator<T>(schema: unknown) {
      const known = read(schema);
      return (input: unknown) => {
        const fault = known.ok ? known.check(input) : undefined;
        return fault === undefined
          ? { valid: true as const, data: input as T, errorMessage: undefined }
          : { valid: false as const, data: undefined, errorMessage: fault };
      };
    },
  };
}
