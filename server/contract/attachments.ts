import { z } from 'zod';

/** Below the person's own words in a message with files; a line for each follows. */
export const filesLine = '\n\nFiles that came with this message:\n';

/** Whether a text is base64 with its padding. No expression over all of it: these texts are long. */
export function isBase64(text: string): boolean {
  if (text.length % 4 !== 0) return false;
  const end = text.endsWith('==') ? -2 : text.endsWith('=') ? -1 : undefined;
  return !/[^A-Za-z0-9+/]/.test(text.slice(0, end));
}

/** A file that comes with a message. */
export const attachmentSchema = z.strictObject({
  /** As the person knows it; folders in it are left out. */
  name: z.string().min(1, 'Give the file a name.').max(255),
  mimeType: z
    .string()
    .max(255)
    .regex(/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+ *(;.*)?$/, 'Write a media type, for instance text/csv.'),
  base64: z.string().refine(isBase64, 'This is not base64.').meta({ contentEncoding: 'base64' }),
});
export type Attachment = z.infer<typeof attachmentSchema>;
