/** The range of the engine's API that this program is written against. */
const oldest = '1.40';
const newest = '1.47';

type Negotiated = { version: string } | { fault: 'docker_api_too_old' | 'docker_api_too_new' };

/** The highest version that both sides speak. `engineOldest` is absent on engines that speak everything before. */
export function negotiateApi(engineNewest: string, engineOldest: string | undefined): Negotiated {
  if (isBefore(engineNewest, oldest)) {
    return { fault: 'docker_api_too_old' };
  }
  if (engineOldest !== undefined && isBefore(newest, engineOldest)) {
    return { fault: 'docker_api_too_new' };
  }
  return { version: isBefore(engineNewest, newest) ? engineNewest : newest };
}

function isBefore(one: string, other: string): boolean {
  const [major = 0, minor = 0] = one.split('.').map(Number);
  const [otherMajor = 0, otherMinor = 0] = other.split('.').map(Number);
  return major < otherMajor || (major === otherMajor && minor < otherMinor);
}
