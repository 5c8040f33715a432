/** A throw-away WHIP and WHEP server for the clients' own tests: what one publisher sends goes to every listener as it came, but for its SSRC. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { RoomClock } from '../../../mixer/clock/room-clock.js';
import { systemTimers } from '../../../mixer/clock/timers.js';
import { createCertificate, Peer, UdpPort, type MediaPlan, type NegotiatedMedia } from '../../../src/peer/index.js';
import { buildPictureLossIndication, buildReceiverReport, compound } from '../../../src/rtp/rtcp/build-rtcp.js';
import { parseRtcp } from '../../../src/rtp/rtcp/parse-rtcp.js';
import type { RtcpPacket } from '../../../src/rtp/rtcp/rtcp-packets.js';
import { parseRtpPacket, type RtpPacket } from '../../../src/rtp/rtp-packet.js';

/** One client as this server sees it. */
export interface Guest {
  readonly kind: 'whip' | 'whep';
  /** The POST's, with its query. */
  readonly url: string;
  readonly peer: Peer;
  media: readonly NegotiatedMedia[];
  readonly rtp: RtpPacket[];
  readonly rtcp: RtcpPacket[];
  isDeleted: boolean;
}

const ssrcs = { audio: 0xa0d10, video: 0x71de0 } as const;
const ownSsrc = 0x5e7;

export class ForwardingServer {
  readonly guests: Guest[] = [];
  /** Answers true for a packet that is to be lost on the way to listeners; it is sent when they ask for it. */
  isLost: (packet: RtpPacket) => boolean = () => false;
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  readonly #clock = new RoomClock();
  readonly #waiting: { readonly isMet: () => boolean; readonly resolve: () => void }[] = [];
  readonly #withheld = new Map<number, Buffer>();

  static async start(): Promise<ForwardingServer> {
    const started = new ForwardingServer();
    started.#server.listen(0, '127.0.0.1');
    await once(started.#server, 'listening');
    return started;
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${(this.#server.address() as { port: number }).port}`);
  }

  get publisher(): Guest {
    return this.guests.find(({ kind }) => kind === 'whip')!;
  }

  /** Looked at again with each packet and request; media flows all the time, so what a client counts is seen soon after. */
  reached(isMet: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      if (isMet()) resolve();
      else this.#waiting.push({ isMet, resolve });
    });
  }

  /** Asks the publisher for a keyframe, as it does by itself for each new listener. */
  wishKeyframe(): void {
    const { peer, media } = this.publisher;
    const mediaSsrc = media.find(({ kind }) => kind === 'video')?.remoteSsrcs[0] ?? 0;
    peer.sendRtcp(compound([buildReceiverReport({ senderSsrc: ownSsrc, reports: [] }), buildPictureLossIndication({ senderSsrc: ownSsrc, mediaSsrc })]));
  }

  async close(): Promise<void> {
    await Promise.all(this.guests.map(({ peer }) => peer.close()));
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, kind, room] = /^\/(whip|whep)\/([^?]*)/.exec(request.url ?? '') ?? [];
    if (request.method === 'DELETE') {
      const guest = this.guests[Number(room?.replace('sessions/', ''))];
      if (guest !== undefined) guest.isDeleted = true;
      response.writeHead(200).end();
      this.#look();
    } else if (room === 'full') {
      response.writeHead(503, { 'content-type': 'application/json' }).end('{"error":{"code":"room_full","message":"There is no room."}}');
    } else {
      await this.#admit(kind === 'whip' ? 'whip' : 'whep', request, response);
    }
  }

  async #admit(kind: Guest['kind'], request: IncomingMessage, response: ServerResponse): Promise<void> {
    const offer = await text(request);
    const port = await UdpPort.open({ hosts: ['127.0.0.1'], portMin: 0, portMax: 0, announcedAddresses: [], clock: this.#clock });
    const peer: Peer = await Peer.create({
      port,
      certificate: await createCertificate(),
      clock: this.#clock,
      timers: systemTimers,
      connectTimeoutMs: 5_000,
      silenceTimeoutMs: 10_000,
      events: {
        onConnected: () => {
          if (kind === 'whep') this.wishKeyframe();
          this.#look();
        },
        onRtp: (packet) => this.#takeRtp(guest, packet),
        onRtcp: (packet) => this.#takeRtcp(guest, packet),
        onEnded: () => {
          this.#look();
          void port.close();
        },
      },
    });
    const guest: Guest = { kind, url: request.url ?? '', peer, media: [], rtp: [], rtcp: [], isDeleted: false };
    const { answer, media } = peer.acceptOffer(offer, (remote) =>
      remote.map(({ mid, kind: mediaKind }): MediaPlan => ({
        mid, kind: mediaKind, direction: kind === 'whip' ? 'recvonly' : 'sendonly', codecs: mediaKind === 'audio' ? ['opus'] : ['vp8', 'h264'], ssrc: ssrcs[mediaKind], cname: 'mix', msid: `mix ${mediaKind}`,
      })),
    );
    guest.media = media;
    const secret = this.guests.push(guest) - 1;
    response.writeHead(201, { 'content-type': 'application/sdp', location: `/${kind}/sessions/${secret}`, ...(kind === 'whip' ? { 'tessera-participant': `guest-${secret}` } : {}) }).end(answer);
    this.#look();
  }

  #takeRtp(guest: Guest, datagram: Uint8Array): void {
    const packet = parseRtpPacket(datagram);
    if (packet === undefined) return;
    guest.rtp.push(packet);
    const line = guest.media.find(({ codecs }) => codecs.some(({ payloadType }) => payloadType === packet.payloadType));
    if (line !== undefined) this.#forward(packet, line, datagram);
    this.#look();
  }

  #forward(packet: RtpPacket, { kind, codecs }: NegotiatedMedia, datagram: Uint8Array): void {
    const codec = codecs.find(({ payloadType }) => payloadType === packet.payloadType);
    for (const { kind: guestKind, peer, media } of this.guests) {
      const payloadType = media.flatMap((line) => line.codecs).find(({ name }) => name === codec?.name)?.payloadType;
      if (guestKind !== 'whep' || payloadType === undefined || peer.state !== 'connected') continue;
      const copy = Buffer.from(datagram);
      copy[1] = ((copy[1] ?? 0) & 0x80) | payloadType;
      copy.writeUInt32BE(ssrcs[kind], 8);
      if (kind === 'video' && this.isLost(packet)) this.#withheld.set(packet.sequenceNumber, copy);
      else peer.sendRtp(copy);
    }
  }

  #takeRtcp(guest: Guest, datagram: Buffer): void {
    for (const packet of parseRtcp(datagram).packets) {
      guest.rtcp.push(packet);
      if (packet.type !== 'nack') continue;
      for (const sequenceNumber of packet.sequenceNumbers) {
        const withheld = this.#withheld.get(sequenceNumber);
        if (withheld !== undefined) guest.peer.sendRtp(withheld);
        this.#withheld.delete(sequenceNumber);
      }
    }
    this.#look();
  }

  #look(): void {
    for (const entry of [...this.#waiting]) {
      if (!entry.isMet()) continue;
      this.#waiting.splice(this.#waiting.indexOf(entry), 1);
      entry.resolve();
    }
  }
}
