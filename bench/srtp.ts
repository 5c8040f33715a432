/**
 * What a packet of 1,200 bytes costs on its way out of the process and in, whole path and encryption alone.
 *
 * The whole path out: RTP header, history, SRTP, port; in: port, gate, SRTP, header. Floors: a bare `dgram` socket with the same datagrams, and bare `node:crypto` with a cipher for each
 * packet, which ours stay below: key stream made for eight packets at once (0.6 us), and for GCM a hash in WebAssembly that looks digits up in a register (constant time, `src/rtp/srtp/packet-module`). Measured
 * beside it and not taken: that hash by integer multiplication with holes (constant time, five times as long), and by tables of 8 kB a key (tells the key by its timing); WebCrypto is a
 * promise and a turn through the thread pool for each packet.
 */
import { fileURLToPath } from 'node:url';
import type { Bench, BenchRow } from './support/bench.js';
import { childResult } from './support/child-result.js';
import type { SrtpCosts } from './srtp/near-end.js';

const profiles = [[7, 'GCM'], [1, 'CM_SHA1_80']] as const;
/** As room processes run (`src/rooms/room-process.ts`): what a packet leaves the garbage collector is part of its cost. */
const roomArguments = ['--max-semi-space-size=2'];

export const bench: Bench = {
  name: 'srtp',
  meaning: 'Microseconds of CPU for a packet of 1,200 bytes, out of the process and in.',
  async run({ rounds, say }) {
    const costs = await childResult<SrtpCosts>(fileURLToPath(new URL('./srtp/near-end.js', import.meta.url)), { rounds }, roomArguments);
    for (const [name, us] of Object.entries(costs)) say(`${name}: ${us.toFixed(2)} us`);
    return profiles.flatMap(([profileId, profile]) => {
      const held = (figure: string, act: string, other: string, against: string, most?: number): BenchRow => ({
        figure: `${profile}, ${figure}`,
        value: costs[`${profileId} ${act} own`] ?? Number.NaN,
        unit: 'us',
        against,
        againstValue: costs[`${profileId} ${act} ${other}`] ?? costs[`${act} ${other}`],
        goal: most === undefined ? undefined : { most, isRatio: true },
        doubt: '',
      });
      return [
        held('send', 'send', 'werift', 'werift as shipped', 0.45),
        held('send', 'send', 'bare', 'bare dgram send', 1.6),
        held('send', 'send', 'lean', 'with our look-up'),
        held('receive', 'receive', 'werift', 'werift as shipped', 0.45),
        held('receive', 'receive', 'bare', 'bare dgram receive', 1.6),
        held('protect', 'seal', 'werift', 'werift\'s SRTP'),
        held('protect', 'seal', 'floor', 'node:crypto, bare'),
        held('unprotect', 'open', 'werift', 'werift\'s SRTP'),
        held('unprotect', 'open', 'floor', 'node:crypto, bare'),
      ];
    });
  },
};
