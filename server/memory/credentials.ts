import { looksLikeCredential } from '../config/credential-like.ts';

/** “my password is …”, in words. */
const told =
  /(?:pass(?:word|wd|phrase|code)|api[ _-]?key|access[ _-]?key|secret|token|\bpin)s?["'`]?\s*(?:is|are|was|=|:)\s*\S|(?:密码|口令|密钥|令牌|验证码)\s*(?:是|为|=|:|：)\s*\S/i;
/** Long and without sense: letters with digits, as keys and hashes are. */
const random = /(?=[A-Za-z0-9+/_=-]*\d)(?=[A-Za-z0-9+/_=-]*[A-Za-z])[A-Za-z0-9+/_=-]{32,}/;

/** Whether a line of a memory tells something that lets people in. Too many are refused rather than one too few. */
export function tellsCredential(line: string): boolean {
  if (told.test(line) || looksLikeCredential(line)) return true;
  return line
    .split(/\s+/)
    .map((word) => word.replace(/^[^\p{L}\p{N}]+/u, ''))
    .some((word) => looksLikeCredential(word) || (random.test(word) && !/^https?:\/\/[^@]*$/i.test(word)));
}
