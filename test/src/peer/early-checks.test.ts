import { expect } from 'chai';
import { audioPlan, closePair, createPair, type Pair } from './peer-rig.js';

/** The role conflict that this is about ended half of its cases well. */
const pairCount = 24;

/** Time for a whole conflict: a check, its refusal, another check in the other role and its answer. There is no event for "no more of it will come". */
const conflictMs = 300;

async function checksHaveCome({ clientPort }: Pair): Promise<void> {
  const endMs = performance.now() + conflictMs;
  while (clientPort.counters.receivedDatagrams === 0 || performance.now() < endMs) await new Promise((resolve) => setImmediate(resolve));
}

describe('checks that come before the answer', () => {
  it('do not make the offerer contest its role, and the connection comes about', async () => {
    const pairs = await Promise.all(Array.from({ length: pairCount }, () => createPair()));
    try {
      await Promise.all(
        pairs.map(async (pair) => {
          const { client, server } = pair;
          const { answer } = server.peer.acceptOffer(client.peer.createOffer([audioPlan]), () => [audioPlan]);
          // The way of the answer over HTTP or a WebSocket takes longer than that of a datagram.
          await checksHaveCome(pair);
          client.peer.acceptAnswer(answer);
          await Promise.all([client, server].map((side) => side.reached(({ isConnected, ended }) => isConnected || ended !== undefined)));
          expect([client.ended, server.ended]).to.deep.equal([undefined, undefined]);
        }),
      );
    } finally {
      await Promise.all(pairs.map(closePair));
    }
  });
});
