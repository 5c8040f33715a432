/** What all clients of one process share, and what is the same in opening each: an own UDP port, a connection on it, an HTTP session. */
import { randomInt } from 'node:crypto';
import { RoomClock } from '../../mixer/clock/room-clock.js';
import { systemTimers } from '../../mixer/clock/timers.js';
import { createCertificate, Peer, UdpPort, type MediaPlan, type NegotiatedMedia, type PeerCertificate, type PeerEndReason } from '../../src/peer/index.js';
import { HttpSession } from './http-session.js';
import { Metronome } from './metronome.js';
import { PreparedMedia, type PreparedMediaOptions } from './prepared-media.js';

export interface ClientKit {
  readonly clock: RoomClock;
  readonly metronome: Metronome;
  readonly certificate: PeerCertificate;
  readonly media: PreparedMedia;
}

export interface LinkOptions {
  readonly kit: ClientKit;
  /** Whole address of the WHIP or WHEP endpoint, with its query. */
  readonly url: URL;
  readonly plans: readonly MediaPlan[];
}

/** The way in which offer and answer cross. */
export interface Exchange {
  readonly media: readonly NegotiatedMedia[];
  readonly participantId: string | undefined;
  /** Never fails. */
  close(): Promise<void>;
}

export interface LinkEvents {
  onRtp(packet: Uint8Array, arrivalUs: number): void;
  onRtcp(packet: Buffer, arrivalUs: number): void;
  /** The server ended it, or the way to it is gone; not called after `close`. */
  onLost(reason: PeerEndReason): void;
}

/** A busy machine that starts a hundred clients at once needs some seconds for their handshakes. */
const connectTimeoutMs = 15_000;
const silenceTimeoutMs = 15_000;
const loopbackHosts = /^(localhost|127(\.\d+){3})$/;

export async function createClientKit(media: PreparedMediaOptions = {}): Promise<ClientKit> {
  const clock = new RoomClock();
  return { clock, metronome: new Metronome({ time: clock, timers: systemTimers }), certificate: await createCertificate(), media: new PreparedMedia(media) };
}

export function randomUint32(): number {
  return randomInt(0x1_0000_0000);
}

/** One connected WebRTC session over WHIP or WHEP. A port of its own each, because a server tells its clients apart by their addresses. */
export class ClientLink {
  readonly #port: UdpPort;
  #peer: Peer | undefined;
  #exchange: Exchange | undefined;
  #events: LinkEvents | undefined;
  #lostFor: PeerEndReason | undefined;
  #closing: Promise<void> | undefined;

  private constructor(port: UdpPort) {
    this.#port = port;
  }

  /** @throws {Error} when the server refuses, or no media can flow; everything opened is closed again then. */
  static async open({ kit, url, plans }: LinkOptions): Promise<ClientLink> {
    return ClientLink.openBy(kit, url, async (peer) => {
      const session = await HttpSession.post(url, peer.createOffer(plans));
      return { media: peer.acceptAnswer(session.answer), participantId: session.participantId, close: () => session.close() };
    });
  }

  /** @throws {Error} as {@link open} does, and what `exchange` throws. */
  static async openBy(kit: ClientKit, url: URL, exchange: (peer: Peer) => Promise<Exchange>): Promise<ClientLink> {
    const host = loopbackHosts.test(url.hostname) ? '127.0.0.1' : '0.0.0.0';
    const link = new ClientLink(await UdpPort.open({ hosts: [host], portMin: 0, portMax: 0, announcedAddresses: [], clock: kit.clock }));
    try {
      await link.#connect(kit, url, exchange);
      return link;
    } catch (error) {
      await link.close();
      throw error;
    }
  }

  get peer(): Peer {
    if (this.#peer === undefined) throw new Error('the link is not open');
    return this.#peer;
  }

  get media(): readonly NegotiatedMedia[] {
    return this.#exchange?.media ?? [];
  }

  /** As the response header `Tessera-Participant` says; undefined for viewers and for other servers. */
  get participantId(): string | undefined {
    return this.#exchange?.participantId;
  }

  /** Packets come from now on; to be called in the turn in which the link was opened, or some are missed. */
  attach(events: LinkEvents): void {
    this.#events = events;
    if (this.#lostFor !== undefined) events.onLost(this.#lostFor);
  }

  /** Tells the server by HTTP (or the WebSocket), then by DTLS. Idempotent; never fails, for a server that is gone has nothing left to close. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      await this.#exchange?.close();
      await this.#peer?.close();
      await this.#port.close();
    })();
    return this.#closing;
  }

  async #connect(kit: ClientKit, url: URL, exchange: (peer: Peer) => Promise<Exchange>): Promise<void> {
    let settle: { readonly resolve: () => void; readonly reject: (error: Error) => void } | undefined;
    const connected = new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
    // It may fail while the server's answer is still awaited.
    connected.catch(() => undefined);
    this.#peer = await Peer.create({
      port: this.#port,
      certificate: kit.certificate,
      clock: kit.clock,
      timers: systemTimers,
      // Where the server offers, it is to be DTLS server as for a browser.
      dtlsRole: 'client',
      connectTimeoutMs,
      silenceTimeoutMs,
      events: {
        onConnected: () => settle?.resolve(),
        onRtp: (packet, arrivalUs) => this.#events?.onRtp(packet, arrivalUs),
        onRtcp: (packet, arrivalUs) => this.#events?.onRtcp(packet, arrivalUs),
        onEnded: (reason, detail) => {
          settle?.reject(new Error(`${url.pathname}: ${reason}${detail === '' ? '' : ` (${detail})`}`));
          if (this.#closing !== undefined) return;
          this.#lostFor = reason;
          this.#events?.onLost(reason);
        },
      },
    });
    this.#exchange = await exchange(this.#peer);
    await connected;
  }
}
