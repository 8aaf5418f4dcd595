import type { Environment } from '../config/env.ts';
import type { EngineEnv } from './docker/places.ts';

/** What the parsed environment says of engines. */
export function engineEnv({ docker, home, runtimeDir }: Environment): EngineEnv {
  return {
    DOCKER_HOST: docker.host,
    DOCKER_CONTEXT: docker.context,
    DOCKER_CONFIG: docker.configDir,
    DOCKER_CERT_PATH: docker.certPath,
    isTlsVerified: docker.isTlsVerified,
    HOME: home,
    XDG_RUNTIME_DIR: runtimeDir,
  };
}
