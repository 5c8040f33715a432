import { expect } from 'chai';
import { until } from '../../support/until.js';
import { recordSent } from './attacker.js';
import { audioPlan, closePair, createPair } from './peer-rig.js';

/** The role conflict that this is about ended half of its cases well. */
const pairCount = 24;

/** A success response to a Binding request (RFC 8489 5). It is the last word of a conflict, too: a check, its refusal, another check in the other role and this. */
const bindingSuccess = 0x0101;

describe('checks that come before the answer', () => {
  it('do not make the offerer contest its role, and the connection comes about', async () => {
    const pairs = await Promise.all(Array.from({ length: pairCount }, () => createPair()));
    try {
      await Promise.all(
        pairs.map(async (pair) => {
          const { client, server, clientPort } = pair;
          const sent = recordSent(clientPort);
          const { answer } = server.peer.acceptOffer(client.peer.createOffer([audioPlan]), () => [audioPlan]);
          // The way of the answer over HTTP or a WebSocket takes longer than that of a datagram.
          await until(() => sent.some((datagram) => datagram.readUInt16BE(0) === bindingSuccess), 'a check is answered');
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
