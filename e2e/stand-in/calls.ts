/** What went out to the desktop. Tests read it as `globalThis.standInCalls`. */
interface DesktopCall {
  api: string;
  given: unknown[];
}
const calls: DesktopCall[] = [];
Object.defineProperty(globalThis, 'standInCalls', { value: calls });

/** Windows and menus are left out: what is kept can be handed to a spec. */
export function record(api: string, given: unknown[]): void {
  calls.push({ api, given: given.filter((part) => isPlain(part)) });
}

function isPlain(value: unknown): boolean {
  if (value === null || typeof value !== 'object') return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || Array.isArray(value);
}
