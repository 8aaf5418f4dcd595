import { settingVariableNames } from '../../config/env.ts';
import type { EnvImportEntry, EnvImportReason } from '../../contract/env-import.ts';
import { secretNamePattern, setSecretSchema } from '../../contract/secrets.ts';
import { knownSecret } from '../known-secrets.ts';
import { lastFourOf } from '../last-four.ts';
import { parseEnvFile } from './parse-env-file.ts';

/** What is there already. */
export interface ImportState {
  inVault(name: string): string | undefined;
  isInEnvironment(name: string): boolean;
}

export interface PlannedEntry extends EnvImportEntry {
  /** Present when it may be taken over; stays in the server. */
  value?: string;
}

/** Names like these hold secrets; others may, and are not taken over by themselves. */
const secretLooking = /(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?|DSN|PAT)(?:_|$)|DATABASE_URL$/;
const placeholder =
  /^(?:<.*>|\.{3,}|…|x{3,}|\*{3,}|changeme|change-me|todo|none|null|your[-_ ].*|(?:sk-)?(?:ant-)?\.{3}|.*(?:your|my)[-_](?:api[-_])?key(?:[-_]here)?)$/i;

/** What each assignment of a file would do. Of several for one name the last counts, as it does everywhere else. */
export function planImport(text: string, state: ImportState): PlannedEntry[] {
  const lines = parseEnvFile(text);
  const lastLine = new Map(lines.flatMap((each) => ('name' in each ? [[each.name, each.line] as const] : [])));
  return lines.map((each) => {
    if ('fault' in each) return ignored({ line: each.line }, each.fault);
    const { line, name, hasReference } = each;
    const place = { line, name };
    const parsed = setSecretSchema.safeParse({ value: each.value });
    const reason: EnvImportReason | undefined = !secretNamePattern.test(name)
      ? 'name'
      : settingVariableNames.includes(name)
        ? 'setting'
        : lastLine.get(name) !== line
          ? 'duplicate'
          : each.value.trim() === ''
            ? 'empty'
            : !parsed.success
              ? 'too_long'
              : hasReference
                ? 'reference'
                : placeholder.test(each.value.trim())
                  ? 'placeholder'
                  : undefined;
    if (reason || !parsed.success) return ignored(place, reason ?? 'too_long');
    const { value } = parsed.data;
    const present = state.inVault(name);
    if (present === value) return ignored(place, 'same');
    const lastFour = lastFourOf(value);
    return {
      ...place,
      act: present === undefined ? 'set' : 'change',
      ...(lastFour !== undefined && { lastFour }),
      isSuggested: knownSecret(name) !== undefined || secretLooking.test(name),
      isShadowed: state.isInEnvironment(name),
      value,
    };
  });
}

function ignored(place: { line: number; name?: string }, reason: EnvImportReason): PlannedEntry {
  return { ...place, act: 'ignored', reason, isSuggested: false, isShadowed: false };
}
