/** The WebSocket at /ws: accepts sockets, gives each a session, and finds out which are still there. */
import { STATUS_CODES, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { AppError } from '../errors.js';
import type { IceServers } from '../ice-servers.js';
import type { Log } from '../log.js';
import { refuseOrigin } from '../origin-refusal.js';
import type { AllowedOrigins } from '../origins.js';
import type { RoomRegistry } from '../rooms/room-registry.js';
import type { CancelTimer, Time } from '../time.js';
import type { ControlRule } from './control-rule.js';
import { Members } from './members.js';
import { maxMessageBytes } from './read-message.js';
import { RefusedSockets } from './refused-sockets.js';
import { SignallingSession } from './signalling-session.js';

export interface SignallingServerOptions {
  readonly registry: RoomRegistry;
  readonly allowedOrigins: AllowedOrigins;
  readonly iceServers: IceServers;
  readonly control: ControlRule;
  /** How long a participant whose socket was lost may come back over another one. */
  readonly resumeTimeoutMs: number;
  readonly time: Time;
  readonly log: Log;
}

const socketPath = '/ws';
/** Above the limit of a message, so that one that is too long is answered with its code; what is longer still is cut off by `ws` (1009). */
const maxPayloadBytes = 8 * maxMessageBytes;
/** A socket that leads nowhere is noticed within 9 s: two missed beats, and the third ends it. */
const pingPeriodMs = 3000;
/** Of all rooms together; each costs some 50 kB. There are no more people either, with sockets and without. */
const maxSockets = 5000;
/** To read the last message before the connection is cut. */
const closeGraceMs = 500;

export class SignallingServer {
  readonly #options: SignallingServerOptions;
  readonly #webSockets = new WebSocketServer({ noServer: true, maxPayload: maxPayloadBytes, perMessageDeflate: false, clientTracking: false });
  readonly #sessions = new Map<WebSocket, SignallingSession>();
  readonly #refused: RefusedSockets;
  readonly #members: Members;
  readonly #cancelPings: CancelTimer;
  #isClosed = false;

  constructor(options: SignallingServerOptions) {
    this.#options = options;
    this.#refused = new RefusedSockets(options.time);
    this.#members = new Members({ maxMembers: maxSockets, graceMs: options.resumeTimeoutMs, time: options.time });
    this.#cancelPings = options.time.every(pingPeriodMs, () => this.#pingAll());
  }

  attach(server: Server): void {
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** Sessions that have a room were told by it; the others are told here. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelPings();
    this.#refused.close();
    for (const session of this.#sessions.values()) session.close('server_closing');
    if (this.#sessions.size === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#options.time.after(closeGraceMs, () => {
        for (const socket of this.#sessions.keys()) socket.terminate();
        resolve();
      });
      for (const socket of this.#sessions.keys()) {
        socket.once('close', () => {
          if (this.#sessions.size > 0) return;
          cancel();
          resolve();
        });
      }
    });
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Until `ws` takes it, a connection that breaks would be an uncaught error.
    socket.on('error', () => socket.destroy());
    const path = (request.url ?? '').split('?')[0];
    const { allowedOrigins, log } = this.#options;
    const { origin, host } = request.headers;
    if (path !== socketPath) refuse(socket, new AppError('not_found'));
    else if (this.#isClosed) refuse(socket, new AppError('server_closing'));
    else if (!allowedOrigins.allow(origin, host)) this.#refuseOrigin(request, socket, head, refuseOrigin(allowedOrigins, log, { origin, host }));
    else if (this.#sessions.size >= maxSockets) refuse(socket, new AppError('too_many_sockets'));
    else this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => this.#accept(webSocket));
  }

  #refuseOrigin(request: IncomingMessage, socket: Duplex, head: Buffer, error: AppError): void {
    if (this.#refused.isFull) refuse(socket, error);
    else this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => this.#refused.add(webSocket, error));
  }

  #accept(socket: WebSocket): void {
    const { registry, iceServers, control, time, log } = this.#options;
    this.#sessions.set(socket, new SignallingSession({ socket, registry, members: this.#members, iceServers, control, time, log }));
    socket.once('close', () => this.#sessions.delete(socket));
  }

  #pingAll(): void {
    for (const session of this.#sessions.values()) session.ping();
  }
}

/** An upgrade has no answer of koa's: it is written here, in the same form. */
function refuse(socket: Duplex, error: AppError): void {
  const body = JSON.stringify({ error });
  const head = [`HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? ''}`, 'Content-Type: application/json; charset=utf-8', `Content-Length: ${Buffer.byteLength(body)}`, 'Connection: close'];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
