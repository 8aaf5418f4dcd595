import { errorOf, toApiError } from '../../api/api-error.ts';
import { consoleHeader } from '../../api/client.ts';
import { joinPath, type WorkspaceOwner, workspaceHref } from './file-links.ts';

/** Sends one file as it is read from the disk. Throws ApiError. */
export async function uploadFile(
  owner: WorkspaceOwner,
  folder: string,
  file: File,
  signal: AbortSignal,
): Promise<void> {
  const href = `${workspaceHref(owner, 'file', joinPath(folder, file.name))}&size=${file.size}`;
  const headers = { ...consoleHeader, 'Content-Type': 'application/octet-stream' };
  try {
    const response = await fetch(href, { method: 'PUT', headers, body: file, signal });
    if (!response.ok) throw await errorOf(response);
  } catch (error) {
    throw toApiError(error);
  }
}
