/** The whole server process in the test's own, on a free port, with fake room processes that are real children. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config-load.js';
import type { Config } from '../../src/config.js';
import { Log } from '../../src/log.js';
import { startServer, type TesseraServer } from '../../src/server.js';
import { systemTime, type Time } from '../../src/time.js';
import { SignallingClient } from './signalling-client.js';

export const fakeRoomModule = join(import.meta.dirname, 'fake-room-process.js');

export interface TestServer {
  readonly server: TesseraServer;
  readonly url: string;
  readonly port: number;
  /** Empty at first; gone with the server. */
  readonly recordingsFolder: string;
  readonly logLines: readonly string[];
  /** With `json` as the body, when it is given. */
  call(method: string, path: string, json?: unknown): Promise<Answer>;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** Sends the path as it is; `fetch` would tidy it. */
  raw(method: string, path: string, headers?: Record<string, string>, body?: string | Buffer): Promise<RawAnswer>;
  connect(): Promise<SignallingClient>;
  close(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** What the answer's JSON says; undefined when it has none. */
  readonly body: unknown;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  /** The bytes as UTF-8. */
  readonly text: string;
}

export interface TestServerOptions {
  readonly config?: Partial<Config>;
  readonly time?: Time;
  readonly roomModulePath?: string;
}

export async function startTestServer({ config = {}, time = systemTime, roomModulePath = fakeRoomModule }: TestServerOptions = {}): Promise<TestServer> {
  const recordingsFolder = mkdtempSync(join(tmpdir(), 'tessera-test-'));
  const defaults = loadConfig({}, () => undefined).config;
  const logLines: string[] = [];
  const log = new Log({ level: 'debug', format: 'json', time, write: (line) => logLines.push(line) });
  const server = await startServer({ config: { ...defaults, httpPort: 0, recordingsFolder, ...config }, time, log, roomModulePath });
  const { url } = server;
  const port = Number(new URL(url).port);
  return {
    server,
    url,
    port,
    recordingsFolder,
    logLines,
    async call(method, path, json) {
      const response = await fetch(url + path, { method, ...(json === undefined ? {} : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(json) }) });
      const text = await response.text();
      const isJson = response.headers.get('Content-Type')?.startsWith('application/json') === true;
      return { status: response.status, headers: response.headers, body: isJson ? (JSON.parse(text) as unknown) : undefined };
    },
    fetch: (path, init) => fetch(url + path, init),
    raw: (method, path, headers = {}, body) => sendRaw(port, method, path, headers, body),
    connect: () => SignallingClient.connect(url),
    async close() {
      await server.close();
      rmSync(recordingsFolder, { recursive: true, force: true });
    },
  };
}

/** The code of an error answer; fails on whatever is none. */
export function errorCode(body: unknown): string {
  if (typeof body === 'object' && body !== null && 'error' in body && typeof body.error === 'object' && body.error !== null && 'code' in body.error) return String(body.error.code);
  throw new Error(`no error answer: ${JSON.stringify(body)}`);
}

async function sendRaw(port: number, method: string, path: string, headers: Record<string, string>, body: string | Buffer | undefined): Promise<RawAnswer> {
  const sent = request({ host: '127.0.0.1', port, method, path, headers, agent: false });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [import('node:http').IncomingMessage];
  const bytes = Buffer.concat(await response.toArray() as Buffer[]);
  return { status: response.statusCode ?? 0, headers: response.headers, bytes, text: bytes.toString() };
}
