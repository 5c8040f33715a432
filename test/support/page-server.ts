import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { ServerMessage } from '../../src/signalling/messages.js';
import { MixSource } from './mix-source.js';
import { PagePeer } from './page-peer.js';
import { PageRoom } from './page-room.js';
import { PageSession } from './page-session.js';
import { readPage } from './static-files.js';

/** The strictest policy the pages are meant to live with: nothing from elsewhere, no script or style in the markup. */
const contentSecurityPolicy = "default-src 'self'; base-uri 'none'; form-action 'self'; object-src 'none'";

/** A server of pages only: serves the pages, speaks the WebSocket's messages and WHEP from a script, with real media and no mixing. */
export class PageServer {
  readonly origin: string;
  readonly mix = new MixSource();
  /** Every WebSocket there was, in order. */
  readonly sessions: PageSession[] = [];
  /** The answer to `join`, when set; it stays set. */
  refusal: ServerMessage | null = null;
  /** Sockets that break leave their participants, who may come back by `resume`. */
  keepsLost = false;
  /** How long they may, as pages are told. */
  resumeTimeoutMs = 15_000;
  /** WHEP sessions by their path. */
  readonly viewers = new Map<string, PagePeer>();
  readonly endedViewers: string[] = [];
  /** What was asked of sessions by PATCH: their paths, and whether they were there. */
  readonly patches: { readonly path: string; readonly found: boolean; readonly body: string }[] = [];
  /** Rooms that WHEP finds. */
  readonly watchableRooms = new Set<string>();
  /** Pages of somebody else, by path: to embed in, or to use the library from. */
  readonly foreignPages = new Map<string, string>();
  readonly #server: Server;
  readonly #webSockets: WebSocketServer;
  readonly #rooms = new Map<string, PageRoom>();
  readonly #changes = new EventEmitter();
  #viewerCount = 0;

  private constructor(server: Server) {
    this.#server = server;
    this.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.#webSockets = new WebSocketServer({ server, path: '/ws' });
    this.#webSockets.on('connection', (socket) => {
      this.sessions.push(
        new PageSession({
          socket,
          mix: this.mix,
          findRoom: (name) => this.room(name),
          refusal: () => this.refusal,
          findLost: (participantId) => (this.keepsLost ? this.sessions.find((session) => !session.closed && session.participantId === participantId) : undefined),
          keepsLost: () => this.keepsLost,
          resumeTimeoutMs: () => this.resumeTimeoutMs,
          onChange: () => this.changed(),
          onRemove: (id) => this.sessions.find(({ participantId }) => participantId === id)?.end('removed'),
        }),
      );
      this.changed();
    });
    server.on('request', (request, response) => this.#handle(request, response));
  }

  static async start(): Promise<PageServer> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new PageServer(server);
  }

  room(name: string): PageRoom {
    const room = this.#rooms.get(name) ?? new PageRoom(name);
    this.#rooms.set(name, room);
    return room;
  }

  /** The newest session. */
  get session(): PageSession {
    const session = this.sessions.at(-1);
    if (session === undefined) throw new Error('nobody has come');
    return session;
  }

  /** Resolves as soon as `condition` holds; looked at whenever a message, a picture or a sound came. Mocha's timeout is the limit. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await once(this.#changes, 'change');
  }

  changed(): void {
    this.#changes.emit('change');
  }

  /** No page said a word that the product would refuse. */
  get faults(): string[] {
    return this.sessions.flatMap(({ faults }) => faults);
  }

  async close(): Promise<void> {
    this.keepsLost = false;
    for (const session of this.sessions) session.peer?.close();
    for (const session of this.sessions) session.drop();
    for (const peer of this.viewers.values()) peer.close();
    this.mix.close();
    this.#webSockets.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const path = new URL(request.url ?? '/', this.origin).pathname;
    if (path.startsWith('/whep/')) {
      void this.#handleWhep(request, response, path);
      return;
    }
    const foreign = this.foreignPages.get(path);
    if (foreign !== undefined) {
      response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(foreign);
      return;
    }
    const page = readPage(path);
    if (page === null) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'Content-Type': page.type, 'Content-Security-Policy': contentSecurityPolicy, 'Cache-Control': 'no-store' });
    response.end(page.body);
  }

  async #handleWhep(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    if (request.method === 'DELETE') {
      this.viewers.get(path)?.close();
      if (this.viewers.delete(path)) this.endedViewers.push(path);
      response.writeHead(204).end();
    } else if (request.method === 'PATCH') {
      const found = this.viewers.has(path);
      this.patches.push({ path, found, body: await readText(request) });
      response.writeHead(found ? 204 : 404).end();
    } else if (request.method !== 'POST' || !this.watchableRooms.has(path.slice('/whep/'.length))) {
      response.writeHead(404, { 'Content-Type': 'application/json' }).end(JSON.stringify({ error: { code: 'room_not_found', message: 'No room has this name.' } }));
    } else {
      const offer = await readText(request);
      const peer = new PagePeer({ mix: this.mix, onChange: () => this.changed() });
      this.#viewerCount += 1;
      const sessionPath = `${path}/session-${this.#viewerCount}`;
      this.viewers.set(sessionPath, peer);
      const answer = await peer.answer(offer);
      response.writeHead(201, { 'Content-Type': 'application/sdp', Location: sessionPath }).end(answer);
    }
    this.changed();
  }
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
