import { AppError, messageOf } from '../../lib/app-error.ts';
import { type Fault, sandboxFault } from '../faults.ts';

/** What the engine was asked to do when it failed. */
export type EngineTask =
  | 'create'
  | 'start'
  | 'attach'
  | 'remove'
  | 'rename'
  | 'network'
  | 'pause'
  | 'pull'
  | 'build'
  | 'load'
  | 'list'
  | 'inspect_image'
  | 'volume'
  | 'ping';

interface EngineAnswer {
  statusCode: number | undefined;
  errorCode: string | undefined;
  message: string;
}

/** Turns anything that the library or the socket threw into an AppError with a stable code. */
export function mapEngineFault(cause: unknown, task: EngineTask): AppError {
  if (cause instanceof AppError) {
    return cause;
  }
  const answer = readAnswer(cause);
  return sandboxFault(faultOf(answer, task), { cause, said: answer.message });
}

function readAnswer(cause: unknown): EngineAnswer {
  const fields: { statusCode?: unknown; code?: unknown; json?: { message?: unknown } } =
    typeof cause === 'object' && cause !== null ? cause : {};
  const said = fields.json?.message;
  return {
    statusCode: typeof fields.statusCode === 'number' ? fields.statusCode : undefined,
    errorCode: typeof fields.code === 'string' ? fields.code : undefined,
    message: typeof said === 'string' ? said : messageOf(cause),
  };
}

/** Docker tells apart by words what its status codes do not; each pattern is covered by a test with a real answer. */
const patterns: [RegExp, Fault][] = [
  [/no space left on device|disk quota exceeded/i, 'disk_full'],
  [/no such image|image not known|manifest unknown/i, 'image_missing'],
  [/name ".*" is already in use/i, 'name_conflict'],
  [/unable to retrieve OCI runtime error.*fork\/exec|default OCI runtime .* not found/is, 'runtime_missing'],
  [
    /exec format error|no matching manifest|executable file not found|no such file or directory.*unknown/i,
    'image_unusable',
  ],
  [/unknown or invalid runtime|unable to find runtime|docker-init.*not found/i, 'runtime_missing'],
  [
    /cannot allocate memory|resource temporarily unavailable|too many open files|minimum memory limit|unable to set memory limit/i,
    'resource_exhausted',
  ],
  [/HTTP request to an HTTPS server/i, 'docker_tls_failed'],
  [/bind source path does not exist|mounts denied|not shared from the host/i, 'workspace_not_mounted'],
];

function faultOf(answer: EngineAnswer, task: EngineTask): Fault {
  const byCode = connectionFault(answer.errorCode);
  if (byCode) {
    return byCode;
  }
  const byWords = patterns.find(([pattern]) => pattern.test(answer.message));
  if (byWords) {
    return byWords[1];
  }
  if (task === 'remove') {
    return 'remove_stuck';
  }
  if (answer.statusCode === 404 && (task === 'create' || task === 'inspect_image')) {
    return 'image_missing';
  }
  if (task === 'pull') {
    return 'image_pull_failed';
  }
  if (task === 'ping') {
    return 'docker_endpoint_wrong';
  }
  return answer.statusCode === undefined ? 'docker_not_running' : 'engine_refused';
}

/** The fault behind an error code of the socket; undefined when it is none of those. */
export function connectionFault(code: string | undefined): Fault | undefined {
  switch (code) {
    case 'ENOENT':
      return 'docker_not_found';
    case 'ECONNREFUSED':
    case 'ECONNRESET':
    case 'EPIPE':
    case 'ETIMEDOUT':
    case 'ABORT_ERR':
    case 'TimeoutError':
      return 'docker_not_running';
    case 'EACCES':
    case 'EPERM':
      return 'docker_permission';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ENOTSOCK':
    case 'HPE_INVALID_CONSTANT':
      return 'docker_endpoint_wrong';
    default:
      return code !== undefined && isTlsCode(code) ? 'docker_tls_failed' : undefined;
  }
}

/** Node's codes for certificates that do not hold, OpenSSL's for handshakes that fail, and plain HTTP that answers TLS. */
function isTlsCode(code: string): boolean {
  return /^(ERR_SSL_|ERR_TLS_|ERR_OSSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|EPROTO$)/.test(code);
}
