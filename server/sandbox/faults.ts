import { AppError } from '../lib/app-error.ts';

interface FaultText {
  /** What is wrong and what to do. */
  sentence: string;
  status: number;
  isRetryUseful: boolean;
  blame: 'person' | 'operator' | 'system';
}

/** Every fault of engine and container: one row here, one row in docs/sandbox.md. */
const faultTexts = {
  docker_not_found: {
    sentence: 'No Docker engine was found on this machine. Install Docker, or set sandbox.dockerHost to its address.',
    status: 503,
    isRetryUseful: true,
    blame: 'operator',
  },
  docker_not_running: {
    sentence: 'Docker is installed but does not answer. Start Docker; sandboxes work again as soon as it is up.',
    status: 503,
    isRetryUseful: true,
    blame: 'operator',
  },
  docker_permission: {
    sentence: 'Docker runs, but this user may not use it. Add the user to the docker group and sign in again.',
    status: 503,
    isRetryUseful: false,
    blame: 'operator',
  },
  docker_api_too_old: {
    sentence: 'This Docker engine is too old. Update it to version 19.03 or later.',
    status: 503,
    isRetryUseful: false,
    blame: 'operator',
  },
  docker_endpoint_wrong: {
    sentence:
      'What answers at this address is not a Docker engine, or it cannot be reached. Correct sandbox.dockerHost.',
    status: 503,
    isRetryUseful: false,
    blame: 'operator',
  },
  docker_ssh_missing: {
    sentence: 'The engine is reached by ssh, and there is no ssh program here. Install OpenSSH’s client.',
    status: 503,
    isRetryUseful: false,
    blame: 'operator',
  },
  docker_ssh_host_key: {
    sentence:
      'The host key of the engine’s machine is unknown to ssh, or has changed. Connect once with `ssh` in a terminal and check the key.',
    status: 503,
    isRetryUseful: false,
    blame: 'operator',
  },
  docker_ssh_auth: {
    sentence:
      'The machine refused to sign in by ssh. Use a key that needs no typing (an agent, or an entry in ~/.ssh/config).',
    status: 503,
    isRetryUseful: false,
    blame: 'operator',
  },
  docker_ssh_unreachable: {
    sentence: 'The machine of the engine cannot be reached by ssh. Check its name, its port and the network.',
    status: 503,
    isRetryUseful: true,
    blame: 'operator',
  },
  docker_ssh_forwarding: {
    sentence:
      'The machine lets ssh in, but the engine’s socket there is not reached. Check the path in the address, the user’s rights on it, and that sshd allows forwarding.',
    status: 503,
    isRetryUseful: true,
    blame: 'operator',
  },
  docker_plain_tcp: {
    sentence:
      'This address is plain TCP to another machine: everyone on the way could take it over. Use ssh:// or TLS, or set sandbox.allowPlainTcp.',
    status: 503,
    isRetryUseful: false,
    blame: 'operator',
  },
  docker_tls_files: {
    sentence:
      'The certificates for the engine cannot be read. A folder with ca.pem, cert.pem and key.pem is needed (sandbox.dockerCertPath, DOCKER_CERT_PATH).',
    status: 503,
    isRetryUseful: false,
    blame: 'operator',
  },
  docker_tls_failed: {
    sentence:
      'The engine and this program do not trust each other’s certificates, or one side speaks no TLS. Check ca.pem, cert.pem, key.pem and the name in the address.',
    status: 503,
    isRetryUseful: false,
    blame: 'operator',
  },
  docker_api_too_new: {
    sentence: 'This Docker engine no longer speaks an API that this program knows. Update this program.',
    status: 503,
    isRetryUseful: false,
    blame: 'operator',
  },
  image_missing: {
    sentence:
      'The sandbox image is not there. Build it with `npm run sandbox:image`, or pull the one that is configured.',
    status: 503,
    isRetryUseful: false,
    blame: 'operator',
  },
  image_pull_failed: {
    sentence: 'The image cannot be fetched. Check its name, the network, and whether the registry asks for a sign-in.',
    status: 502,
    isRetryUseful: true,
    blame: 'operator',
  },
  image_pull_stalled: {
    sentence: 'Nothing of the image has come for two minutes. Check the network and try again.',
    status: 504,
    isRetryUseful: true,
    blame: 'operator',
  },
  image_build_failed: {
    sentence: 'The sandbox image cannot be built. The last lines of the output say why.',
    status: 502,
    isRetryUseful: true,
    blame: 'operator',
  },
  image_file_unusable: {
    sentence: 'The file is not an image that the engine takes. Use one that `docker save` wrote.',
    status: 400,
    isRetryUseful: false,
    blame: 'person',
  },
  image_unusable: {
    sentence:
      'The sandbox image does not start: it needs Python 3.8 or later on its PATH and this machine’s architecture.',
    status: 503,
    isRetryUseful: false,
    blame: 'operator',
  },
  runtime_missing: {
    sentence:
      'The engine does not have the container runtime (sandbox.runtime) or its init program. Install it and name it in the engine’s settings, or leave sandbox.runtime empty.',
    status: 503,
    isRetryUseful: false,
    blame: 'operator',
  },
  resource_exhausted: {
    sentence: 'The machine has no memory or processes left for a sandbox. Stop some sandboxes, or lower their limits.',
    status: 503,
    isRetryUseful: true,
    blame: 'system',
  },
  disk_full: {
    sentence: 'The disk is full. Free some space and try again.',
    status: 507,
    isRetryUseful: true,
    blame: 'operator',
  },
  name_conflict: {
    sentence: 'A container of the same name is in the way. Try again.',
    status: 409,
    isRetryUseful: true,
    blame: 'system',
  },
  workspace_not_mounted: {
    sentence:
      'The engine cannot see the workspace folder. Share the data directory with Docker (Docker Desktop: Settings, Resources, File sharing).',
    status: 503,
    isRetryUseful: false,
    blame: 'operator',
  },
  workspace_not_writable: {
    sentence:
      'Commands in the sandbox cannot write the workspace. The engine maps users in a way that it does not tell; use another engine.',
    status: 503,
    isRetryUseful: false,
    blame: 'operator',
  },
  workspace_elsewhere: {
    sentence:
      'The newest files of this session are in a volume of another Docker engine. Connect that engine again; they are fetched then. If it is gone for good, delete the session’s file in sandboxes/.volumes of the data directory.',
    status: 409,
    isRetryUseful: false,
    blame: 'operator',
  },
  workspace_not_filled: {
    sentence: 'The files of this session cannot be brought to the engine. They are safe here; try again.',
    status: 503,
    isRetryUseful: true,
    blame: 'system',
  },
  workspace_not_saved: {
    sentence:
      'The files of this session cannot be fetched from the engine. They stay in its volume there, and the next sandbox of the session has them.',
    status: 503,
    isRetryUseful: true,
    blame: 'system',
  },
  workspace_too_large: {
    sentence:
      'The workspace is more than twice as large as sandbox.diskLimit, so it is not fetched from the engine. It stays in its volume there; delete files in it.',
    status: 507,
    isRetryUseful: false,
    blame: 'person',
  },
  engine_refused: {
    sentence: 'The Docker engine refused the sandbox.',
    status: 502,
    isRetryUseful: true,
    blame: 'system',
  },
  agent_lost: {
    sentence:
      'The sandbox started, but the agent inside did not answer. Try again; if it stays so, rebuild the sandbox image.',
    status: 503,
    isRetryUseful: true,
    blame: 'system',
  },
  remove_stuck: {
    sentence: 'The engine does not finish removing a container. Restart Docker if it stays so.',
    status: 503,
    isRetryUseful: true,
    blame: 'system',
  },
  sandbox_lost: {
    sentence:
      'The sandbox vanished. What ran in it has ended; the workspace is kept, and the next use starts a new one.',
    status: 503,
    isRetryUseful: true,
    blame: 'system',
  },
  manager_closed: {
    sentence: 'The sandbox manager is shutting down.',
    status: 503,
    isRetryUseful: false,
    blame: 'system',
  },
} satisfies Record<string, FaultText>;

export type Fault = keyof typeof faultTexts;

/** The AppError of a fault. `said` is what the engine itself said, for the log and the curious. */
export function sandboxFault(fault: Fault, context: { cause?: unknown; said?: string } = {}): AppError {
  const text = faultTexts[fault];
  return new AppError(fault, text.sentence, {
    status: text.status,
    cause: context.cause,
    details: {
      isRetryUseful: text.isRetryUseful,
      blame: text.blame,
      ...(context.said === undefined ? {} : { engineSaid: context.said.trim().slice(0, 500) }),
    },
  });
}

export function faultSentence(fault: Fault): string {
  return faultTexts[fault].sentence;
}

export const allFaults = Object.keys(faultTexts) as Fault[];
