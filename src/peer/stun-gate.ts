/**
 * What is asked of STUN before werift sees it: a request must fit the password of the connection that it names, an answer the check that it answers, down to the
 * address that was asked. It is the only place where an address becomes known, and it bounds what strangers and those who repeat others' checks cost.
 */
import type { RoomTime } from '../../mixer/clock/room-clock.js';
import { TokenBucket } from '../token-bucket.js';
import type { CheckTarget, PortBinding } from './port-binding.js';
import type { SourceTable } from './source-table.js';
import { StrangerLimits } from './stranger-limits.js';
import { hasStunIntegrity, readStunMessage, type StunMessage } from './stun-message.js';
import type { TcpStream } from './tcp-stream.js';

export interface StunCounters {
  /** No Binding message, or one that names no connection of ours. */
  droppedStun: number;
  droppedStunIntegrity: number;
  /** Answers to nothing that was asked, or from somewhere else than was asked. */
  droppedStunAnswer: number;
  /** More than is looked at, from addresses that have not proved themselves. */
  droppedStunRate: number;
  /** A check of a client, once more from elsewhere. */
  droppedStunReplay: number;
}

interface Asked {
  readonly share: Share;
  readonly address: string;
  readonly port: number;
  /** Undefined once it was asked again: an answer does not say which it answers (Karn and Partridge 1987). */
  atUs: number | undefined;
}

/** What is remembered for one connection. */
interface Share {
  readonly binding: PortBinding;
  /** Transaction ids of checks under way, oldest first. */
  readonly asked: Set<string>;
  /** Transaction ids of what came from proved addresses, oldest first. */
  readonly heard: Set<string>;
  /**
   * Those of the others. They come again by UDP when their answer was lost, and who repeats them from elsewhere may have been faster than who made them; but
   * none of a client's checks comes by a second TCP connection.
   */
  readonly claimed: Set<string>;
  readonly claims: TokenBucket;
}

/** Checks one connection may have under way: 32 candidates with their retransmissions; beyond it the oldest is forgotten. */
const maxAsked = 128;
/** A minute of a client's checks, which come each 0.5 to 2.5 s for each of its pairs. */
const maxHeard = 128;
/** Authentic checks from addresses that have not proved themselves: a client with four networks sends one each 50 ms to each of our addresses, for a second or two. */
const claims = { perSecond: 100, burst: 200 } as const;

export class StunGate {
  readonly #counters: StunCounters;
  readonly #clock: RoomTime;
  readonly #sources: SourceTable;
  readonly #limits: StrangerLimits;
  readonly #shares = new Map<string, Share>();
  readonly #asked = new Map<string, Asked>();

  constructor({ clock, sources, counters }: { readonly clock: RoomTime; readonly sources: SourceTable; readonly counters: StunCounters }) {
    this.#counters = counters;
    this.#clock = clock;
    this.#sources = sources;
    this.#limits = new StrangerLimits(clock.nowUs());
  }

  get bindingCount(): number {
    return this.#shares.size;
  }

  /** Checks under way of all connections. */
  get askedCount(): number {
    return this.#asked.size;
  }

  /** @throws {Error} when there is one with this fragment. */
  add(binding: PortBinding): void {
    if (this.#shares.has(binding.ufrag)) throw new Error(`two connections with the ICE fragment ${binding.ufrag}`);
    this.#shares.set(binding.ufrag, { binding, asked: new Set(), heard: new Set(), claimed: new Set(), claims: new TokenBucket(claims, this.#clock.nowUs()) });
  }

  /** False: it was not there any more. */
  remove(binding: PortBinding): boolean {
    const share = this.#shares.get(binding.ufrag);
    if (share?.binding !== binding) return false;
    this.#shares.delete(binding.ufrag);
    for (const transactionId of share.asked) this.#asked.delete(transactionId);
    return true;
  }

  /** The answer to this request is taken, from there. */
  expectAnswer(binding: PortBinding, transactionId: string, { address, port }: CheckTarget): void {
    const share = this.#shares.get(binding.ufrag);
    if (share?.binding !== binding) return;
    const again = this.#asked.get(transactionId);
    if (again !== undefined) {
      again.atUs = undefined;
      return;
    }
    share.asked.add(transactionId);
    this.#asked.set(transactionId, { share, address, port, atUs: this.#clock.nowUs() });
    if (share.asked.size <= maxAsked) return;
    for (const oldest of share.asked) {
      this.#forget(share, oldest);
      break;
    }
  }

  /** @param stream what it came through, if not UDP; false when it was dropped. */
  receive(datagram: Buffer, address: string, port: number, stream: TcpStream | undefined): boolean {
    const message = readStunMessage(datagram);
    if (message === undefined || message.class === 'indication') {
      this.#counters.droppedStun++;
      return false;
    }
    return message.class === 'request' ? this.#takeRequest(datagram, message, address, port, stream) : this.#takeAnswer(datagram, message, address, port, stream);
  }

  #takeRequest(datagram: Buffer, message: StunMessage, address: string, port: number, stream: TcpStream | undefined): boolean {
    const share = this.#shares.get(message.receiverUfrag ?? '');
    if (share === undefined) {
      this.#counters.droppedStun++;
      return false;
    }
    const { binding } = share;
    const known = stream === undefined ? this.#sources.find(address, port) : stream.source;
    const isProved = known?.isProved === true && known.owner === binding;
    const nowUs = this.#clock.nowUs();
    if (!isProved && !this.#limits.allow(address, nowUs)) {
      this.#counters.droppedStunRate++;
      return false;
    }
    if (message.integrityAt === undefined || !hasStunIntegrity(datagram, message.integrityAt, binding.localPassword)) {
      this.#counters.droppedStunIntegrity++;
      this.#limits.charge(address, nowUs);
      return false;
    }
    if (isProved) remember(share.heard, message.transactionId);
    else if (!this.#isWelcome(share, message, address, nowUs, stream !== undefined && known === undefined)) return false;
    const source = stream === undefined ? this.#sources.claim(binding, address, port) : this.#sources.claimStream(binding, known, stream);
    stream?.authenticate(source);
    binding.receiver.onStun(datagram, source, message);
    return true;
  }

  #takeAnswer(datagram: Buffer, message: StunMessage, address: string, port: number, stream: TcpStream | undefined): boolean {
    const asked = this.#asked.get(message.transactionId);
    if (asked?.address !== address || asked.port !== port) {
      this.#counters.droppedStunAnswer++;
      return false;
    }
    const { share } = asked;
    const { binding } = share;
    if (binding.remotePassword === undefined || message.integrityAt === undefined || !hasStunIntegrity(datagram, message.integrityAt, binding.remotePassword)) {
      this.#counters.droppedStunIntegrity++;
      this.#limits.charge(address, this.#clock.nowUs());
      return false;
    }
    this.#forget(share, message.transactionId);
    // A refusal is authentic, but no consent.
    const isConsent = message.class === 'success';
    const source = stream === undefined ? this.#sources[isConsent ? 'prove' : 'claim'](binding, address, port) : this.#sources[isConsent ? 'proveStream' : 'claimStream'](binding, stream.source, stream);
    if (asked.atUs !== undefined) source.roundTripUs = this.#clock.nowUs() - asked.atUs;
    stream?.authenticate(source);
    binding.receiver.onStun(datagram, source, message);
    return true;
  }

  #isWelcome(share: Share, { transactionId }: StunMessage, address: string, nowUs: number, isNewStream: boolean): boolean {
    if (share.heard.has(transactionId) || (isNewStream && share.claimed.has(transactionId))) {
      this.#counters.droppedStunReplay++;
      this.#limits.charge(address, nowUs);
      return false;
    }
    if (!share.claims.take(nowUs)) {
      this.#counters.droppedStunRate++;
      return false;
    }
    remember(share.claimed, transactionId);
    return true;
  }

  #forget(share: Share, transactionId: string): void {
    share.asked.delete(transactionId);
    this.#asked.delete(transactionId);
  }
}

function remember(heard: Set<string>, transactionId: string): void {
  heard.add(transactionId);
  if (heard.size <= maxHeard) return;
  for (const oldest of heard) {
    heard.delete(oldest);
    break;
  }
}
