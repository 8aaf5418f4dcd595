import { ProtocolError, SdkError, SdkErrorCode, SdkHttpError } from '@modelcontextprotocol/client';
import { AppError, messageOf } from '../lib/app-error.ts';
import { cleanLine } from './clean-text.ts';

const maxCharacters = 1000;

/** What went wrong with a server, with a stable code and in words. What the server said itself is quoted, cleaned. */
export function mcpFault(error: unknown, name: string): AppError {
  if (error instanceof AppError) return error;
  const made = (code: string, words: string) => new AppError(code, words, { status: 502, cause: error });
  const said = (text: unknown) => cleanLine(String(text ?? ''), maxCharacters);
  if (error instanceof SdkHttpError) return httpFault(error, name);
  if (error instanceof ProtocolError)
    return made('mcp_refused', `The MCP server ${name} answered: ${said(error.message)}`);
  if (error instanceof SdkError) {
    switch (error.code) {
      case SdkErrorCode.RequestTimeout:
        return made('mcp_timeout', `The MCP server ${name} did not answer in time.`);
      case SdkErrorCode.ConnectionClosed:
      case SdkErrorCode.NotConnected:
      case SdkErrorCode.SendFailed:
        return connectionLost(name, error);
      default: {
        const inner = appErrorWithin(error);
        return inner ?? made('mcp_protocol', `The MCP server ${name} breaks the protocol: ${said(error.message)}`);
      }
    }
  }
  const inner = appErrorWithin(error);
  if (inner) return inner;
  return made('mcp_protocol', `The MCP server ${name} cannot be understood: ${said(messageOf(error))}`);
}

export function connectionLost(name: string, cause?: unknown): AppError {
  return new AppError('mcp_connection_closed', `The connection to the MCP server ${name} ended.`, {
    status: 502,
    ...(cause === undefined ? {} : { cause }),
  });
}

/**
 * Whether the server forgot the session: then the request did nothing, and can be sent again in a new one. The protocol
 * wants 404; published servers answer 400 and speak of the session.
 */
export function isSessionGone(error: unknown): boolean {
  if (!(error instanceof SdkHttpError)) return false;
  return error.status === 404 || (error.status === 400 && /session/i.test(error.message));
}

function httpFault(error: SdkHttpError, name: string): AppError {
  const { status } = error;
  const advice =
    status === 401 || status === 403
      ? ' Check the headers in its settings and the secrets that they name; only headers are used to sign in.'
      : status === 404
        ? ' Check its url.'
        : '';
  const said = cleanLine(error.message.replace(/^Error POSTing to endpoint: /, ''), 300);
  return new AppError('mcp_http_error', `The MCP server ${name} answered with HTTP ${status}: ${said}${advice}`, {
    status: 502,
    cause: error,
  });
}

/** Ours, somewhere below what others made of it. */
function appErrorWithin(error: unknown): AppError | undefined {
  let inner: unknown = error;
  for (let depth = 0; depth < 5 && inner instanceof Error; depth++) {
    if (inner instanceof AppError) return inner;
    inner = inner.cause;
  }
  return undefined;
}
