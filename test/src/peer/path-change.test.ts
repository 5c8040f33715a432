import { createSocket, type Socket } from 'node:dgram';
import { expect } from 'chai';
import { Message, classes, methods } from 'werift';
import { ManualClock } from '../../../mixer/clock/room-clock.js';
import { closePair, createPair, exchange, makeRtp, type Pair } from './peer-rig.js';

function bind(): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1', () => resolve(socket));
  });
}

/** A NAT between client and server: the server sees one of two outer sockets; `use` changes it, as when a binding has expired. */
function createNat(inner: Socket, outers: readonly [Socket, Socket], ends: { readonly clientPort: number; readonly serverPort: number }): { use(outer: Socket): void } {
  let current = outers[0];
  inner.on('message', (datagram) => current.send(datagram, ends.serverPort, '127.0.0.1'));
  for (const outer of outers) outer.on('message', (datagram) => inner.send(datagram, ends.clientPort, '127.0.0.1'));
  return { use: (outer) => void (current = outer) };
}

describe('Peer when the client changes its address', () => {
  let pair: Pair;
  let sockets: Socket[];

  afterEach(async () => {
    await closePair(pair);
    for (const socket of sockets) socket.close();
  });

  it('follows it once a check has proved the new address and media comes from there alone', async () => {
    const clock = new ManualClock();
    pair = await createPair({ server: { clock }, serverPort: { clock } });
    const { client, server, clientPort, serverPort } = pair;
    const [inner, first, second] = (sockets = await Promise.all([bind(), bind(), bind()])) as [Socket, Socket, Socket];
    const nat = createNat(inner, [first, second], { clientPort: clientPort.port, serverPort: serverPort.port });
    let credentials: { readonly ufrag: string; readonly password: string } | undefined;
    exchange(pair, {
      // Neither knows the other but through the NAT.
      offer: (sdp) => sdp.replace(/a=candidate.*\r\n/g, ''),
      answer: (sdp) => {
        credentials = { ufrag: /a=ice-ufrag:(.*)\r\n/.exec(sdp)?.[1] ?? '', password: /a=ice-pwd:(.*)\r\n/.exec(sdp)?.[1] ?? '' };
        return sdp.replace(` ${serverPort.port} typ`, ` ${inner.address().port} typ`);
      },
    });
    await Promise.all([client, server].map((side) => side.reached(({ isConnected }) => isConnected)));
    expect(server.peer.transport?.remotePort).to.equal(first.address().port);

    nat.use(second);
    client.peer.sendRtp(makeRtp(1));
    client.peer.sendRtp(makeRtp(2));
    while (serverPort.counters.droppedUnknownSource < 2) await new Promise((resolve) => setImmediate(resolve));
    expect(server.rtp).to.have.lengthOf(0);

    // The client's next consent check, which it would send by itself within 6 s.
    second.send(makeCheck(credentials!), serverPort.port, '127.0.0.1');
    while (serverPort.sourceCount < 2 || serverPort.askedCount > 0) await new Promise((resolve) => setImmediate(resolve));
    client.peer.sendRtp(makeRtp(3));
    await server.reached(({ rtp }) => rtp.length === 1);
    expect(server.peer.transport?.remotePort, 'while the old path may only be slow').to.equal(first.address().port);

    clock.advance(1_000_001);
    // The first of these moves it, or one soon after where nomination is still under way.
    for (let packets = 2; packets < 200 && server.peer.counters.routeChanges === 0; packets++) {
      client.peer.sendRtp(makeRtp(2 + packets));
      await server.reached(({ rtp }) => rtp.length === packets);
    }
    expect(server.peer.transport?.remotePort).to.equal(second.address().port);
    expect(server.peer.counters.routeChanges).to.equal(1);
    server.peer.sendRtp(makeRtp(5));
    await client.reached(({ rtp }) => rtp.length === 1);
  });
});

function makeCheck({ ufrag, password }: { readonly ufrag: string; readonly password: string }): Buffer {
  const request = new Message(methods.BINDING, classes.REQUEST);
  request.setAttribute('USERNAME', `${ufrag}:whoever`).setAttribute('PRIORITY', 1).setAttribute('ICE-CONTROLLING', 1n);
  return request.addMessageIntegrity(Buffer.from(password)).addFingerprint().bytes;
}
