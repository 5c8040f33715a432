/** What is no HTTP never reaches koa: it is answered here, in the same form as every other error. */
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { AppError, type ErrorCode } from '../errors.js';

/** Node's names for what its parser and its timers find. */
const codes: Readonly<Record<string, ErrorCode>> = { HPE_HEADER_OVERFLOW: 'headers_too_large', ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout' };

export function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  // Reset by the client, or an answer is half sent already.
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const appError = new AppError(codes[error.code ?? ''] ?? 'bad_request');
  const body = JSON.stringify({ error: appError });
  const head = [`HTTP/1.1 ${appError.status} ${STATUS_CODES[appError.status] ?? ''}`, 'Content-Type: application/json; charset=utf-8', `Content-Length: ${Buffer.byteLength(body)}`, 'Connection: close'];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
