/** Bodies, read up to a limit and no further. What is too long is thrown away while it comes, so that the sender gets to read the answer. */
import type { IncomingMessage } from 'node:http';
import type { Context } from 'koa';
import { z } from 'zod';
import { AppError, type ErrorCode } from '../errors.js';

/** Chromium's offer with every codec is 6 kB, with simulcast and all extensions 20 kB; the WebSocket takes as much. */
const sdpLimitBytes = 100_000;

export const sdpType = 'application/sdp';
export const sdpFragmentType = 'application/trickle-ice-sdpfrag';

interface BodyRules {
  readonly limitBytes: number;
  readonly tooLarge: ErrorCode;
  readonly notText: ErrorCode;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function collect(request: IncomingMessage, { limitBytes, tooLarge }: BodyRules): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const isDeclaredTooLarge = Number(request.headers['content-length'] ?? 0) > limitBytes;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (isDeclaredTooLarge || bytes > limitBytes) {
        chunks.length = 0;
        reject(new AppError(tooLarge));
      } else {
        chunks.push(chunk);
      }
    });
    request.once('end', () => resolve(Buffer.concat(chunks)));
    // The client went away: nobody reads the answer.
    request.on('error', () => reject(new AppError('bad_request')));
    request.once('close', () => reject(new AppError('bad_request')));
  });
}

async function readText(context: Context, rules: BodyRules): Promise<string> {
  const body = await collect(context.req, rules);
  try {
    return utf8.decode(body);
  } catch {
    throw new AppError(rules.notText);
  }
}

function requireType(context: Context, type: string): void {
  if (context.request.type !== type) throw new AppError('unsupported_media_type', `The Content-Type must be ${type}.`);
}

/**
 * @param schema is strict: a field that it does not know is a mistake
 * @throws {AppError} unsupported_media_type, body_too_large, invalid_json, invalid_body
 */
export async function readJson<Schema extends z.ZodType>(context: Context, schema: Schema, limitBytes: number, whenEmpty?: z.input<Schema>): Promise<z.infer<Schema>> {
  const hasType = context.request.type !== '';
  if (hasType) requireType(context, 'application/json');
  const text = await readText(context, { limitBytes, tooLarge: 'body_too_large', notText: 'invalid_json' });
  if (text === '' && whenEmpty !== undefined) return schema.parse(whenEmpty);
  if (!hasType) requireType(context, 'application/json');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new AppError('invalid_json');
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new AppError('invalid_body', undefined, { issues: describeIssues(parsed.error) });
  return parsed.data;
}

/** `video.width: must be…`, one for each mistake. */
function describeIssues(error: z.ZodError): readonly string[] {
  return error.issues.map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`));
}

/** @throws {AppError} unsupported_media_type, sdp_too_large, sdp_invalid, sdp_empty */
export async function readSdp(context: Context): Promise<string> {
  requireType(context, sdpType);
  const sdp = await readText(context, { limitBytes: sdpLimitBytes, tooLarge: 'sdp_too_large', notText: 'sdp_invalid' });
  if (sdp.trim() === '') throw new AppError('sdp_empty');
  return sdp;
}

/** @throws {AppError} unsupported_media_type, body_too_large, invalid_candidate */
export function readSdpFragment(context: Context, limitBytes: number): Promise<string> {
  context.set('Accept-Patch', sdpFragmentType);
  requireType(context, sdpFragmentType);
  return readText(context, { limitBytes, tooLarge: 'body_too_large', notText: 'invalid_candidate' });
}
