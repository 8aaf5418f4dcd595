import type { SandboxInfo } from '../../../server/contract/sandbox.ts';
import { apiBase } from '../../api/client.ts';

export type WorkspaceOwner = Pick<SandboxInfo, 'tenantId' | 'sessionId'>;

export function workspaceHref({ tenantId, sessionId }: WorkspaceOwner, part: string, path = ''): string {
  const query = path === '' ? '' : `?${new URLSearchParams({ path })}`;
  return `${apiBase}/workspaces/${tenantId}/${sessionId}/${part}${query}`;
}

/** Saves what is at an address as a file, without leaving the page. */
export function download(href: string): void {
  const link = document.createElement('a');
  link.href = href;
  link.download = '';
  link.click();
}

export function joinPath(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
