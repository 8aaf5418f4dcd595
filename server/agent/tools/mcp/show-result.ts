import type { CallToolResult, ReadResourceResult } from '@modelcontextprotocol/client';
import type { ToolOutput } from '../../../contract/events.ts';
import { withoutUnseen } from '../../../mcp/clean-text.ts';
import { imageTypeOf } from '../../image-type.ts';

type Block = CallToolResult['content'][number];
type ResourceContents = ReadResourceResult['contents'][number];
type Shown = ToolOutput['content'][number];

const mostImages = 10;
/** Providers take images of 5 MB in base64. */
const maxImageBytes = 3_750_000;
/** People and programs see structured results up to this size beside the text. */
const maxDetailCharacters = 20_000;

/** What a server answered, as a model can read it: what cannot be shown is described. */
export function showResult(
  result: CallToolResult,
  details: Record<string, unknown>,
): ToolOutput & { isError: boolean } {
  const content = withinLimits(result.content.map(showBlock));
  const structured = result.structuredContent === undefined ? undefined : JSON.stringify(result.structuredContent);
  const isSaid =
    structured === undefined || content.some((block) => block.type === 'text' && saysSame(block.text, structured));
  if (!isSaid) content.push({ type: 'text', text: structured });
  if (content.length === 0) content.push({ type: 'text', text: 'The tool ended without a word.' });
  const isShort = structured !== undefined && structured.length <= maxDetailCharacters;
  return {
    content,
    isError: result.isError === true,
    details: { ...details, ...(isShort && { structuredContent: result.structuredContent }) },
  };
}

export function showResource(contents: readonly ResourceContents[], details: Record<string, unknown>): ToolOutput {
  const content = withinLimits(contents.map(showContents));
  return { content: content.length > 0 ? content : [{ type: 'text', text: 'The resource is empty.' }], details };
}

function showBlock(block: Block): Shown {
  switch (block.type) {
    case 'text':
      return text(block.text);
    case 'image':
      return showImage(block.data, 'image');
    case 'audio':
      return text(`[Audio, ${block.mimeType}, ${bytesOf(block.data)} bytes: it cannot be played here.]`);
    case 'resource':
      return showContents(block.resource);
    case 'resource_link':
      return text(`[Resource ${block.uri}${(block.title ?? block.name) ? `: ${block.title ?? block.name}` : ''}]`);
    default:
      return text('[A kind of answer that is not known here.]');
  }
}

function showContents(contents: ResourceContents): Shown {
  const about = [contents.uri, contents.mimeType].filter(Boolean).join(', ');
  if ('text' in contents) return text(`[${about}]\n${contents.text}`);
  const type = imageTypeOf(headOf(contents.blob));
  return type === undefined
    ? text(`[${about}, ${bytesOf(contents.blob)} bytes that are no text: they cannot be shown here.]`)
    : showImage(contents.blob, about);
}

/** Only what really is an image that providers take: a wrong claim would have the whole conversation refused. */
function showImage(data: string, about: string): Shown {
  const bytes = bytesOf(data);
  const mimeType = isBase64(data) ? imageTypeOf(headOf(data)) : undefined;
  if (mimeType === undefined) return text(`[${about}: no PNG, JPEG, GIF or WebP image, so it cannot be shown.]`);
  if (bytes > maxImageBytes)
    return text(`[${about}: ${bytes} bytes; images of at most ${maxImageBytes} bytes can be shown.]`);
  return { type: 'image', data, mimeType };
}

function withinLimits(blocks: Shown[]): Shown[] {
  let images = 0;
  return blocks.map((block) => {
    if (block.type === 'text') return block;
    images += 1;
    return images <= mostImages ? block : text(`[One more image; ${mostImages} are shown at most.]`);
  });
}

function saysSame(said: string, structured: string): boolean {
  if (said.length > structured.length * 4 + 1000) return false;
  try {
    return JSON.stringify(JSON.parse(said)) === structured;
  } catch {
    return false;
  }
}

function text(words: string): Shown {
  return { type: 'text', text: withoutUnseen(words) };
}

function headOf(base64: string): Uint8Array {
  return Buffer.from(base64.slice(0, 64), 'base64');
}

function isBase64(data: string): boolean {
  return data.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(data);
}

function bytesOf(base64: string): number {
  return Math.floor((base64.replace(/=+$/, '').length * 3) / 4);
}
