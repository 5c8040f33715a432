/** What a peer is given and what it tells. */
import type { RoomTime } from '../../mixer/clock/room-clock.js';
import type { Timers } from '../../mixer/clock/timers.js';
import type { PeerCertificate } from './certificate.js';
import type { DtlsRole } from './dtls-session.js';
import type { UdpPort } from './udp-port.js';

export interface PeerOptions {
  readonly port: UdpPort;
  readonly certificate: PeerCertificate;
  readonly events: PeerEvents;
  readonly clock: RoomTime;
  readonly timers: Timers;
  /** Where the other side leaves the choice; `server` unless given: it gets the cheaper cipher from browsers and stands loss better. */
  readonly dtlsRole?: DtlsRole;
  /** From the moment both descriptions are known until `onConnected`; and for each ICE restart. */
  readonly connectTimeoutMs: number;
  /** Without one authentic packet, STUN included: the end. Who is silent is asked each second from the second on, so whoever is there is heard. */
  readonly silenceTimeoutMs: number;
}

export type PeerEndReason = 'closed_by_peer' | 'ice_failed' | 'dtls_failed' | 'timeout' | 'closed';

export interface PeerEvents {
  /** The peer is proved, media may flow both ways. At most once. */
  onConnected(): void;
  /** One authentic packet, in clear, in the order of arrival; a view into the datagram that is the listener's to keep. `arrivalUs` is the room's time. */
  onRtp(packet: Uint8Array, arrivalUs: number): void;
  onRtcp(packet: Buffer, arrivalUs: number): void;
  /** Nothing authentic has come for 5 s, though it was asked for; the connection goes on, and ends after `silenceTimeoutMs`. */
  onDisconnected?(): void;
  /** It is heard again after {@link onDisconnected}. */
  onReconnected?(): void;
  /** Exactly once in every life, after everything was freed; `detail` is for the log. */
  onEnded(reason: PeerEndReason, detail: string): void;
}

export type PeerState = 'new' | 'connecting' | 'connected' | 'ended';

export interface PeerCounters {
  sentRtp: number;
  sentRtcp: number;
  receivedRtp: number;
  receivedRtcp: number;
  /** Given to `sendRtp` or `sendRtcp` when not connected. */
  droppedSends: number;
  /** Came before the peer was proved. */
  droppedEarlyMedia: number;
  /** Not authentic, malformed, or seen before. */
  droppedSrtp: number;
  /** Malformed, unproved, or in clear where it must not be. */
  droppedDtls: number;
  /** Authentic ICE checks, too early or from too many addresses. */
  droppedChecks: number;
  ignoredCandidates: number;
  /** The other side went on from another of its addresses. */
  routeChanges: number;
  /** Asked whether it is still there, because it was silent. */
  probes: number;
  /** ICE restarts that found a path. */
  restarts: number;
}

export function createPeerCounters(): PeerCounters {
  return {
    sentRtp: 0,
    sentRtcp: 0,
    receivedRtp: 0,
    receivedRtcp: 0,
    droppedSends: 0,
    droppedEarlyMedia: 0,
    droppedSrtp: 0,
    droppedDtls: 0,
    droppedChecks: 0,
    ignoredCandidates: 0,
    routeChanges: 0,
    probes: 0,
    restarts: 0,
  };
}
