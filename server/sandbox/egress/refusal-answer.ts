import type { ServerResponse } from 'node:http';
import type { AppError } from '../../lib/app-error.ts';

/** The refusal as an answer to CONNECT. The sentence is in the status line too: it is all that many programs show. */
export function refusalHead(fault: AppError): string {
  const body = `${fault.message}\n`;
  return [
    `HTTP/1.1 ${fault.status} ${statusText(fault)}`,
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Agentrail-Refused: ${fault.code}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}

/** Must not throw: the answer may have begun already, and then it just ends. */
export function answerRefusal(response: ServerResponse, fault: AppError): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(fault.status, statusText(fault), {
    'content-type': 'text/plain; charset=utf-8',
    'x-agentrail-refused': fault.code,
    connection: 'close',
  });
  response.end(`${fault.message}\n`);
}

/** A host's name in the sentence came from inside: nothing but printable ASCII belongs into a status line. */
function statusText(fault: AppError): string {
  return fault.message.replace(/[^\x20-\x7e]/g, '?').slice(0, 300);
}
