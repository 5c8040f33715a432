/** Debian's coturn on a free port of the loopback, as docs/deploy.md sets it up: time-limited credentials from a shared secret. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Message, classes, methods } from 'werift';

/** `scripts/test.mjs` finds or installs it. */
const programPath = process.env['TURNSERVER_PATH'] ?? '/usr/bin/turnserver';
const startTimeoutMs = 10_000;

export class TurnServer {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(url: string, child: ChildProcess, folder: string) {
    this.url = url;
    this.#child = child;
    this.#folder = folder;
  }

  static async start(secret: string): Promise<TurnServer> {
    const folder = mkdtempSync(join(tmpdir(), 'tessera-turn-'));
    const port = await freePort();
    const options = {
      'listening-ip': '127.0.0.1',
      'listening-port': port,
      'relay-ip': '127.0.0.1',
      'static-auth-secret': secret,
      realm: 'tessera.test',
      // Relays to the server and to nothing else.
      'denied-peer-ip': '0.0.0.0-255.255.255.255',
      'allowed-peer-ip': '127.0.0.1',
      'log-file': 'stdout',
      pidfile: join(folder, 'pid'),
      userdb: join(folder, 'users.sqlite'),
    };
    // The clients and the server of a test are on the loopback, which a TURN server otherwise must not reach.
    const flags = ['-n', '--use-auth-secret', '--no-tls', '--no-dtls', '--no-cli', '--no-multicast-peers', '--allow-loopback-peers', '--simple-log'];
    const child = spawn(programPath, [...flags, ...Object.entries(options).map(([name, value]) => `--${name}=${value}`)], { stdio: 'ignore' });
    const failed = once(child, 'error').then(([error]) => {
      throw new Error(`The TURN tests need coturn (on Debian: apt-get install coturn), or TURNSERVER_PATH: ${String(error)}`);
    });
    await Promise.race([untilItAnswers(port), failed]);
    return new TurnServer(`turn:127.0.0.1:${port}?transport=udp`, child, folder);
  }

  async close(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

/** A TURN server answers Binding requests, too. */
async function untilItAnswers(port: number): Promise<void> {
  const socket = createSocket('udp4');
  const ask = setInterval(() => socket.send(new Message(methods.BINDING, classes.REQUEST).bytes, port, '127.0.0.1'), 50);
  try {
    await once(socket, 'message', { signal: AbortSignal.timeout(startTimeoutMs) });
  } finally {
    clearInterval(ask);
    socket.close();
  }
}
