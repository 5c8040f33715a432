/**
 * Every piece of werift that is used although its types call it private, or whose shape its types do not promise. werift is pinned to 0.25.2;
 * `test/src/peer/werift-internals.test.ts` fails when an upgrade changes one of these. README.md says what each is for.
 */
import type { CandidatePair, Connection, DtlsSocket, Message, StunProtocol } from './werift.js';

export type WeriftAddress = readonly [host: string, port: number];

/** What a `StunProtocol` sends through; ours ends in the shared UDP port instead of a socket of its own. */
export interface WeriftTransport {
  readonly type: 'udp';
  readonly addressFamily: 4 | 6;
  readonly address: { readonly address: string; readonly family: string; readonly port: number };
  closed: boolean;
  onData: (datagram: Buffer, from: WeriftAddress) => void;
  send: (datagram: Buffer, to: WeriftAddress) => Promise<void>;
  close: () => Promise<void>;
}

export interface StunProtocolInternals {
  transport: WeriftTransport;
  datagramReceived(datagram: Buffer, from: WeriftAddress): void;
}

export interface ConnectionInternals {
  readonly protocols: StunProtocol[];
  ensureProtocol(protocol: StunProtocol): void;
  buildRequest(options: CheckOptions): Message;
  /** The default is a public server, asked at each gathering. */
  stunServer: WeriftAddress | undefined;
  /** Checks that came before the other side's password was known; kept for ever if it never comes. */
  readonly earlyChecks: readonly (readonly [message: Message, from: WeriftAddress, protocol: StunProtocol])[];
}

/** A Binding request as werift's own checks have it. */
export interface CheckOptions {
  readonly nominate: boolean;
  readonly localUsername: string;
  readonly remoteUsername: string;
  readonly iceControlling: boolean;
  readonly localCandidate: CandidatePair['localCandidate'];
}

export interface CandidatePairInternals {
  /** Grows by one with each incoming check, for the life of the pair. */
  readonly requestTransactionIds: Set<string>;
}

/** One handshake message as werift keeps it, reassembled. */
export interface HandshakeMessage {
  readonly msg_type: number;
  /** Without the 12-byte header. */
  readonly fragment: Buffer;
  /** With it, as the transcript hash wants it. */
  serialize(): Buffer;
}

export interface DtlsRecord {
  readonly recordLayerHeader: {
    readonly contentType: number;
    readonly protocolVersion: { readonly major: number; readonly minor: number };
    readonly epoch: number;
    readonly sequenceNumber: number;
    contentLen: number;
  };
  fragment: Buffer;
}

export interface DtlsSocketInternals {
  readonly dtls: {
    /** The handshake so far, each message once, in transcript order. */
    readonly sortedHandshakeCache: readonly HandshakeMessage[];
    /** Number of the flight under way (RFC 6347 4.2.4); retransmission stops when it is past the one that was sent. */
    flight: number;
  };
  readonly cipher: {
    readonly masterSecret: Buffer | undefined;
    readonly localRandom: { serialize(): Buffer };
    readonly remoteRandom: { serialize(): Buffer };
    readonly remoteKeyPair: { readonly publicKey?: Buffer } | undefined;
    /** Undefined until the keys are known. */
    readonly cipher: object | undefined;
    encryptPacket(record: DtlsRecord): DtlsRecord;
    /** Throws for what is not authentic. */
    decryptPacket(record: DtlsRecord): Buffer;
  };
  readonly srtp: { readonly srtpProfile?: number };
}

export function connectionInternals(connection: Connection): ConnectionInternals {
  return connection as unknown as ConnectionInternals;
}

export function stunProtocolInternals(protocol: StunProtocol): StunProtocolInternals {
  return protocol as unknown as StunProtocolInternals;
}

export function candidatePairInternals(pair: CandidatePair): CandidatePairInternals {
  return pair as unknown as CandidatePairInternals;
}

export function dtlsSocketInternals(socket: DtlsSocket): DtlsSocketInternals {
  return socket;
}
