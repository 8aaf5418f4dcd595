import { isDeepStrictEqual } from 'node:util';
import type { CheckOutcome } from '../run-checks.ts';
import type { DoctorSurroundings } from '../surroundings.ts';

const mostNamed = 20;

export function checkConfig({ config }: DoctorSurroundings): CheckOutcome {
  const { faults, notes, file } = config();
  const lineOf = ({ path, line, message }: (typeof faults)[number]) =>
    `${line === undefined ? '' : `line ${line}, `}${path}: ${message}`;
  const details = [...faults, ...notes].slice(0, mostNamed).map(lineOf);
  const [first] = faults;
  if (first !== undefined) {
    const evidence = `${faults.length} faults in ${file}; ${lineOf(first)}`;
    return { state: 'bad', evidence, details, fix: 'Mend the file; until then the last good settings hold.' };
  }
  if (notes.length > 0) {
    return { state: 'warn', evidence: `${notes.length} notes on ${file}.`, details, fix: 'Look at them in Settings.' };
  }
  return { state: 'ok', evidence: file };
}

/** Values that a person wrote and that do not count, and those that count after a restart only. */
export function checkShadowed({ config, ownAddress }: DoctorSurroundings): CheckOutcome {
  const { values, settings } = config();
  const shadowed = values.filter(({ value, shadows }) =>
    shadows?.some(({ source, value: other }) => source !== 'default' && !isDeepStrictEqual(value, other)),
  );
  // Values may be secret; where they come from is not.
  const details = shadowed
    .slice(0, mostNamed)
    .map(
      ({ path, source, from, shadows }) =>
        `${path}: ${from ?? source} wins over ${shadows?.[0]?.from ?? shadows?.[0]?.source}`,
    );
  const address = ownAddress();
  const port = address === undefined ? undefined : Number(new URL(address).port);
  if (port !== undefined && settings.server.port !== 0 && port !== settings.server.port) {
    const evidence = `server.port is ${settings.server.port}, the server still listens on ${port}.`;
    return { state: 'warn', evidence, details, fix: 'Restart the server on Overview.' };
  }
  if (shadowed.length > 0) {
    const evidence = `${shadowed.length} values of the file do not count: ${shadowed
      .slice(0, 3)
      .map(({ path }) => path)
      .join(', ')}.`;
    const fix = 'Take the variable or option away, or the value out of the file. Settings shows both.';
    return { state: 'warn', evidence, details, fix };
  }
  return { state: 'ok', evidence: 'No value hides another one.' };
}

export async function checkVault({ vault }: DoctorSurroundings): Promise<CheckOutcome> {
  const { state, backend, problem } = await vault();
  const where = { keychain: "the system's keychain", passphrase: 'a passphrase', key_file: 'a key file beside it' }[
    backend
  ];
  const fix = 'Unlock it on the Secrets page.';
  switch (state) {
    case 'empty':
      return { state: 'not_applicable', evidence: `No secret is kept; the first one will be sealed with ${where}.` };
    case 'unlocked':
      return { state: 'ok', evidence: `Open. Sealed with ${where}.` };
    case 'locked':
      return { state: 'bad', evidence: problem ?? `Locked with ${where}.`, fix };
    case 'damaged':
      return { state: 'bad', evidence: problem ?? 'The file is damaged.', fix: 'Put vault.json back from a backup.' };
  }
}
