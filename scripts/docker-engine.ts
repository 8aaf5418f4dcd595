import { existsSync } from 'node:fs';
import { type RequestOptions, request } from 'node:http';

/** The image that sandboxes are made from in tests. */
export const sandboxImage = 'agentrail-sandbox:bookworm';
/** The one with a browser. */
export const browserImage = 'agentrail-sandbox:browser';

/** Status of a GET at the local Docker engine; undefined when no engine answers within three seconds. */
export function askDocker(path: string, dockerHost = process.env.DOCKER_HOST): Promise<number | undefined> {
  const target = targetOf(dockerHost);
  if (!target) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const asked = request({ ...target, path, timeout: 3000 }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(undefined));
    asked.on('close', () => resolve(undefined));
    asked.end();
  });
}

function targetOf(dockerHost: string | undefined): RequestOptions | undefined {
  if (dockerHost?.startsWith('tcp://')) {
    const { hostname, port } = new URL(dockerHost);
    return { hostname, port };
  }
  const socketPath = dockerHost?.replace(/^unix:\/\//, '') ?? '/var/run/docker.sock';
  return existsSync(socketPath) ? { socketPath } : undefined;
}
