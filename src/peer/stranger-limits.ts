/**
 * How much of strangers' STUN is looked at, by source and in all: each look costs an HMAC. Only what turns out to be wrong is charged, so that an office of people
 * who join behind one address is not; and only who has not proved his address is ever refused, so that connections go on whatever strangers do.
 * Datagrams that are no STUN are not charged: dropping them is a table look-up, and a client behind a NAT that has just restarted sends many before its check.
 */
import { TokenBucket } from '../token-bucket.js';

/** A forged check each 10 ms, and what a client with an old password sends while it notices. */
const perSource = { perSecond: 100, burst: 200 } as const;
/** At 10 us for each a fiftieth of a core. */
const inAll = { perSecond: 2_000, burst: 4_000 } as const;
/** Of 150 bytes each; whoever forges more addresses than that meets the limit in all. */
const maxSources = 4_096;

export class StrangerLimits {
  readonly #bySource = new Map<string, TokenBucket>();
  readonly #inAll: TokenBucket;

  constructor(nowUs: number) {
    this.#inAll = new TokenBucket(inAll, nowUs);
  }

  /** Of sources that are remembered. */
  get size(): number {
    return this.#bySource.size;
  }

  /** False: nothing more from there is looked at for now. */
  allow(address: string, nowUs: number): boolean {
    if (this.#inAll.isEmpty(nowUs)) return false;
    if (this.#bySource.size === 0) return true;
    return this.#bySource.get(networkOf(address))?.isEmpty(nowUs) !== true;
  }

  /** It was wrong. */
  charge(address: string, nowUs: number): void {
    this.#inAll.take(nowUs);
    const network = networkOf(address);
    const known = this.#bySource.get(network);
    const bucket = known ?? new TokenBucket(perSource, nowUs);
    bucket.take(nowUs);
    if (known !== undefined) return;
    if (this.#bySource.size >= maxSources) {
      for (const oldest of this.#bySource.keys()) {
        this.#bySource.delete(oldest);
        break;
      }
    }
    this.#bySource.set(network, bucket);
  }
}

/** What one stranger can send from: an IPv4 address, or the /64 that everybody with IPv6 has to himself (RFC 6177). */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail = ''] = address.split('%', 1)[0]?.split('::') ?? [];
  const before = head.split(':').filter((group) => group !== '');
  const after = tail.split(':').filter((group) => group !== '');
  const zeros = address.includes('::') ? Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0') : [];
  return [...before, ...zeros, ...after].slice(0, 4).join(':');
}
