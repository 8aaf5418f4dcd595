import { randomUUID } from 'node:crypto';

/** Tells what this process is making now from what a killed one left half made. No clock has to be right for it. */
const processMark = randomUUID().slice(0, 8);

const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const pattern = new RegExp(`^\\.(?:.+\\.(?:([0-9a-f]{8})-)?${uuid}\\.tmp|write-probe-${uuid})$`);

/** Name of a file or folder that becomes `name` when it is whole. */
export function temporaryName(name: string): string {
  return `.${name}.${processMark}-${randomUUID()}.tmp`;
}

/** Whether this was made by `temporaryName` in a process that is not this one. */
export function isLeftBehind(name: string): boolean {
  const found = pattern.exec(name);
  return found !== null && found[1] !== processMark;
}
