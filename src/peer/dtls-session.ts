/**
 * One DTLS 1.2 association (RFC 6347) that ends in SRTP keys (RFC 5764). werift shakes hands; what it sees is filtered here, what it claims is proved
 * (`dtls-proof.ts`) before anybody hears of it, and alerts are ours: werift would take a stranger's clear alert for the end, misses some true ones, and
 * sends none itself. Application data (data channels) is not used and dropped.
 * Retransmission timers are werift's; one that is under way when the session closes lapses within 5.5 s and sends nothing.
 */
import { DtlsClient, DtlsServer } from './werift.js';
import { masterSaltBytes, srtpProfileIds, type SrtpKeying, type SrtpProfile } from '../rtp/srtp/session-keys.js';
import type { PeerCertificate } from './certificate.js';
import { findHandshakeFlaw, type Fingerprint } from './dtls-proof.js';
import {
  contentTypes,
  dtls12,
  handshakeTypes,
  recordEpoch,
  recordHeaderBytes,
  recordNumber,
  recordType,
  splitHandshake,
  splitRecords,
  toDtlsRecord,
  withRecordNumber,
  writeRecord,
} from './dtls-records.js';
import { HandshakeInbox } from './handshake-inbox.js';
import { dtlsSocketInternals, type DtlsSocketInternals } from './werift-internals.js';

export type DtlsRole = 'server' | 'client';

export interface DtlsSessionOptions {
  readonly role: DtlsRole;
  readonly certificate: PeerCertificate;
  /** What the SDP says the other side's certificate hashes to; one must fit. */
  readonly fingerprints: readonly Fingerprint[];
  readonly send: (datagram: Buffer) => void;
  readonly events: DtlsSessionEvents;
}

export interface DtlsSessionEvents {
  /** The peer is proved. Once. */
  onConnected(keys: SrtpKeys): void;
  /** close_notify or a fatal alert, authentic. */
  onClosedByPeer(): void;
  /** Before it was connected: `reason` is for the log. Once. */
  onFailed(reason: string): void;
}

export interface SrtpKeys {
  readonly local: SrtpKeying;
  readonly remote: SrtpKeying;
}

const masterKeyBytes = 16;
/** In order of preference: GCM, as browsers have it; the other costs no more (`npm run bench -- srtp`). */
const srtpProfiles: readonly SrtpProfile[] = ['AEAD_AES_128_GCM', 'AES_CM_128_HMAC_SHA1_80'];
const closeNotify = { level: 1, description: 0 } as const;
const fatalLevel = 2;
/** Finished, once or twice. */
const maxEarlyRecords = 4;
/** Beyond the last flight of RFC 6347: werift's retransmission loops see that they are done. */
const pastLastFlight = 255;

export class DtlsSession {
  /** Records of epoch 0 after the handshake, clear alerts, encrypted records that are not authentic, application data. */
  droppedRecords = 0;
  readonly #role: DtlsRole;
  readonly #fingerprints: readonly Fingerprint[];
  readonly #send: (datagram: Buffer) => void;
  readonly #events: DtlsSessionEvents;
  readonly #socket: DtlsServer | DtlsClient;
  readonly #internals: DtlsSocketInternals;
  readonly #inbox: HandshakeInbox;
  /** Encrypted records that overtook the key exchange. */
  #earlyRecords: Buffer[] = [];
  #peerFinished: Buffer | undefined;
  /** The highest record numbers sent, in clear and encrypted. */
  #clearNumber = 0;
  #encryptedNumber = 0;
  #state: 'new' | 'handshaking' | 'connected' | 'closed' = 'new';

  constructor(options: DtlsSessionOptions) {
    this.#role = options.role;
    this.#fingerprints = options.fingerprints;
    this.#send = options.send;
    this.#events = options.events;
    this.#inbox = new HandshakeInbox(options.role);
    const socketOptions = {
      cert: options.certificate.certPem,
      key: options.certificate.keyPem,
      signatureHash: options.certificate.signatureHash,
      srtpProfiles: srtpProfiles.map((profile) => srtpProfileIds[profile]) as (1 | 7)[],
      extendedMasterSecret: true,
      // On a client it would mean waiting for the server's request, which FFmpeg's never makes.
      certificateRequest: options.role === 'server',
      transport: this.#createTransport(),
    };
    this.#socket = options.role === 'server' ? new DtlsServer(socketOptions) : new DtlsClient(socketOptions);
    this.#internals = dtlsSocketInternals(this.#socket);
    this.#socket.onConnect.subscribe(() => this.#onHandshakeDone());
    this.#socket.onError.subscribe((error) => this.#fail(String(error)));
  }

  get droppedHandshakes(): number {
    return this.#inbox.droppedCount;
  }

  /** A client says hello; a server waits for it. Once. */
  start(): void {
    if (this.#state !== 'new') return;
    this.#state = 'handshaking';
    if (this.#socket instanceof DtlsClient) this.#socket.connect().catch((error: unknown) => this.#fail(String(error)));
  }

  /** One datagram from a source that ICE has proved. Never throws. */
  receive(datagram: Buffer): void {
    if (this.#state === 'new') return;
    for (const record of splitRecords(datagram)) {
      if (this.#isClosed) return;
      if (recordEpoch(record) === 0) this.#receiveClear(record);
      else this.#receiveEncrypted(record);
    }
  }

  /** Tells the other side, when there is one, and forgets the keys' owner. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    if (this.#state === 'connected') this.#send(this.#encrypt(contentTypes.alert, Buffer.from([closeNotify.level, closeNotify.description])));
    this.#state = 'closed';
    this.#internals.dtls.flight = pastLastFlight;
    this.#socket.onConnect.allUnsubscribe();
    this.#socket.onError.allUnsubscribe();
  }

  /** A getter, so that the compiler does not take the state before a callback for the state after it. */
  get #isClosed(): boolean {
    return this.#state === 'closed';
  }

  get #hasKeys(): boolean {
    return this.#internals.cipher.cipher !== undefined;
  }

  #createTransport(): ConstructorParameters<typeof DtlsServer>[0]['transport'] {
    return {
      type: 'ice',
      address: { address: '', family: '', port: 0 },
      closed: false,
      onData: () => undefined,
      send: (datagram) => {
        if (!this.#isClosed) this.#send(Buffer.concat([...splitRecords(datagram)].map((record) => this.#renumber(record))));
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    };
  }

  #receiveClear(record: Buffer): void {
    const type = recordType(record);
    // werift does nothing on ChangeCipherSpec: the epoch of each record says it all.
    if (type === contentTypes.changeCipherSpec) return;
    if (this.#state === 'connected' || type !== contentTypes.handshake) {
      this.droppedRecords++;
      return;
    }
    for (const message of this.#inbox.take(record.subarray(recordHeaderBytes))) this.#handOver(message);
    if (this.#inbox.isExhausted) this.#fail('too much handshake');
    if (this.#earlyRecords.length === 0 || !this.#hasKeys) return;
    const early = this.#earlyRecords;
    this.#earlyRecords = [];
    for (const overtaking of early) this.#receiveEncrypted(overtaking);
  }

  #receiveEncrypted(record: Buffer): void {
    if (!this.#hasKeys && this.#earlyRecords.length < maxEarlyRecords) {
      this.#earlyRecords.push(record);
      return;
    }
    const clear = this.#decrypt(record);
    if (clear === undefined) {
      this.droppedRecords++;
      return;
    }
    const type = recordType(record);
    if (type === contentTypes.handshake) this.#onEncryptedHandshake(record, clear);
    else if (type === contentTypes.alert) this.#onAlert(clear);
    else this.droppedRecords++;
  }

  /** Finished, or its repetition, which asks a server for its last flight again; nothing else is ever sent encrypted. */
  #onEncryptedHandshake(record: Buffer, clear: Buffer): void {
    const [message, ...others] = splitHandshake(clear) ?? [];
    if (message?.type !== handshakeTypes.finished || others.length > 0) {
      this.droppedRecords++;
      return;
    }
    this.#peerFinished ??= Buffer.from(message.body);
    this.#handOver(record);
  }

  #onAlert(alert: Buffer): void {
    const [level, description] = alert;
    if (level !== fatalLevel && description !== closeNotify.description) return;
    if (this.#state === 'connected') this.#events.onClosedByPeer();
    else this.#fail(`alert ${description}`);
  }

  #decrypt(record: Buffer): Buffer | undefined {
    if (!this.#hasKeys) return undefined;
    try {
      return this.#internals.cipher.decryptPacket(toDtlsRecord(record));
    } catch {
      return undefined;
    }
  }

  #handOver(record: Buffer): void {
    try {
      this.#socket.transport.socket.onData(record, ['', 0]);
    } catch (error) {
      this.#fail(String(error));
    }
  }

  #onHandshakeDone(): void {
    // A repeated Finished brings it here again.
    if (this.#state !== 'handshaking') return;
    const flaw = findHandshakeFlaw({ socket: this.#internals, role: this.#role, fingerprints: this.#fingerprints, peerFinished: this.#peerFinished });
    if (flaw !== undefined) {
      this.#fail(`the peer is not proved: ${flaw}`);
      return;
    }
    const keys = this.#exportKeys();
    if (keys === undefined) {
      this.#fail('no common SRTP profile');
      return;
    }
    this.#state = 'connected';
    this.#events.onConnected(keys);
  }

  #exportKeys(): SrtpKeys | undefined {
    const profile = srtpProfiles.find((name) => srtpProfileIds[name] === this.#internals.srtp.srtpProfile);
    if (profile === undefined) return undefined;
    const { localKey, localSalt, remoteKey, remoteSalt } = this.#socket.extractSessionKeys(masterKeyBytes, masterSaltBytes[profile]);
    return { local: { profile, masterKey: localKey, masterSalt: localSalt }, remote: { profile, masterKey: remoteKey, masterSalt: remoteSalt } };
  }

  /**
   * werift repeats a flight under its old record numbers, which the other side takes for a replay: whoever lost the last flight would then wait for ever. An
   * encrypted number, which is part of the nonce, is never used twice.
   */
  #renumber(record: Buffer): Buffer {
    if (recordEpoch(record) === 0) return withRecordNumber(record, ++this.#clearNumber);
    const number = recordNumber(record);
    if (number > this.#encryptedNumber) {
      this.#encryptedNumber = number;
      return record;
    }
    // Only Finished is ever repeated encrypted, and of ours the transcript has the clear text: a client's comes first there, a server's last.
    const finished = this.#internals.dtls.sortedHandshakeCache.filter((message) => message.msg_type === handshakeTypes.finished);
    const own = this.#role === 'client' ? finished[0] : finished.at(-1);
    return own === undefined ? record : this.#encrypt(contentTypes.handshake, own.serialize());
  }

  #encrypt(contentType: number, clear: Buffer): Buffer {
    const header = { contentType, protocolVersion: dtls12, epoch: 1, sequenceNumber: ++this.#encryptedNumber, contentLen: clear.length };
    return writeRecord(this.#internals.cipher.encryptPacket({ recordLayerHeader: header, fragment: clear }));
  }

  #fail(reason: string): void {
    if (this.#state !== 'handshaking' && this.#state !== 'new') return;
    this.close();
    this.#events.onFailed(reason);
  }
}
