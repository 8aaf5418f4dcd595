import type { Client, Tool as ListedTool, RequestOptions } from '@modelcontextprotocol/client';
import { z } from 'zod';

export type { ListedTool };

/** A page is read without looking into its tools: one that is wrong must not hide the others. */
const pageSchema = z.looseObject({ tools: z.array(z.unknown()).max(10_000), nextCursor: z.string().optional() });
const nameSchema = z.looseObject({
  name: z.string(),
  title: z.string().optional(),
  description: z.string().optional(),
  inputSchema: z.unknown(),
  outputSchema: z.looseObject({}).optional(),
});

const mostPages = 64;

/** Every tool that has a name, page by page. What else is wrong with them is found when they are offered. */
export async function listTools(client: Client, options: RequestOptions): Promise<ListedTool[]> {
  const tools: ListedTool[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < mostPages; page++) {
    const request = { method: 'tools/list', params: cursor === undefined ? {} : { cursor } };
    const { tools: found, nextCursor } = await client.request(request, pageSchema, options);
    for (const tool of found) {
      const known = nameSchema.safeParse(tool);
      if (known.success) tools.push(known.data as ListedTool);
    }
    if (nextCursor === undefined || nextCursor === cursor) return tools;
    cursor = nextCursor;
  }
  return tools;
}
