import type { UpdateProblem } from '../native/contract.ts';

const longestDetail = 300;

const known: [RegExp, UpdateProblem['code']][] = [
  [/ERR_UPDATER_CHANNEL_FILE_NOT_FOUND|HttpError: 404|\b404\b/, 'nothing_there'],
  [/checksum mismatch|sha512|ERR_CHECKSUM_MISMATCH|not signed by the application owner|signature/i, 'not_genuine'],
  [/ENOSPC/, 'disk_full'],
  [/ERR_UPDATER_INVALID|Cannot parse update info|YAMLException/, 'not_understood'],
  [
    /net::ERR_|ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|timed out|HttpError: 5/,
    'unreachable',
  ],
];

/** electron-updater tells what went wrong as a code, as the words of a network stack, or as a page of headers. */
export function problemOf(step: UpdateProblem['step'], error: unknown): UpdateProblem {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const [detail = ''] = message.split('\n');
  const kind = step === 'backup' ? undefined : known.find(([pattern]) => pattern.test(`${code} ${message}`))?.[1];
  return { step, code: kind ?? 'other', detail: detail.slice(0, longestDetail) };
}
