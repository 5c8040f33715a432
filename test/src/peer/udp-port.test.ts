import { createSecretKey } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { expect } from 'chai';
import { Message, classes, methods } from 'werift';
import { ManualClock } from '../../../mixer/clock/room-clock.js';
import type { CheckTarget, PortBinding, PortReceiver } from '../../../src/peer/port-binding.js';
import { UdpPort } from '../../../src/peer/udp-port.js';
import { loopback } from './peer-rig.js';

const password = 'passwordpasswordpassword';
const key = createSecretKey(Buffer.from(password));

function makeRequest(ufrag: string): Message {
  return new Message(methods.BINDING, classes.REQUEST).setAttribute('USERNAME', `${ufrag}:x`);
}

function signed(message: Message, secret = password): Buffer {
  return message.addMessageIntegrity(Buffer.from(secret)).addFingerprint().bytes;
}

function targetOf(socket: Socket): CheckTarget {
  return { transport: 'udp', address: '127.0.0.1', port: socket.address().port };
}

describe('UdpPort', () => {
  let port: UdpPort;
  let now: ManualClock;
  let received: string[];
  const sockets: Socket[] = [];

  beforeEach(async () => {
    now = new ManualClock();
    port = await UdpPort.open({ ...loopback, clock: now });
    received = [];
  });

  afterEach(async () => {
    await port.close();
    for (const socket of sockets.splice(0)) socket.close();
  });

  async function openSocket(): Promise<Socket> {
    const socket = createSocket('udp4');
    sockets.push(socket);
    await new Promise<void>((resolve) => {
      socket.bind(0, '127.0.0.1', resolve);
    });
    return socket;
  }

  /** Resolves when the port has had it. */
  async function deliver(socket: Socket, ...datagrams: readonly Buffer[]): Promise<void> {
    const expected = port.counters.receivedDatagrams + datagrams.length;
    for (const datagram of datagrams) socket.send(datagram, port.port, '127.0.0.1');
    for (let turns = 0; turns < 100_000 && port.counters.receivedDatagrams < expected; turns++) await new Promise((resolve) => setImmediate(resolve));
    expect(port.counters.receivedDatagrams).to.equal(expected);
  }

  function bind(ufrag: string): PortBinding {
    const receiver: PortReceiver = {
      onStun: (_datagram, _source, message) => received.push(`${ufrag} ${message.class}`),
      onDtls: (datagram) => received.push(`${ufrag} dtls ${datagram.length}`),
      onMedia: (datagram) => received.push(`${ufrag} media ${datagram.length}`),
    };
    return port.bind({ ufrag, localPassword: key, receiver });
  }

  it('tells datagrams apart, and takes them from proved addresses only', async () => {
    bind('aaaa');
    const socket = await openSocket();
    const [dtls, rtp] = [Buffer.from([22, 0]), Buffer.from([128, 0, 0])];
    await deliver(socket, dtls, rtp);
    expect(received).to.deep.equal([]);
    await deliver(socket, signed(makeRequest('aaaa')), dtls, rtp, Buffer.from([20]), Buffer.from([63]), Buffer.from([191]), ...[4, 19, 64, 127, 192, 255].map((first) => Buffer.from([first])), Buffer.alloc(0));
    expect(received).to.deep.equal(['aaaa request', 'aaaa dtls 2', 'aaaa media 3', 'aaaa dtls 1', 'aaaa dtls 1', 'aaaa media 1']);
    expect(port.counters).to.include({ droppedUnknownSource: 2, droppedUnknownKind: 7, droppedStun: 0 });
  });

  /** Asks the socket as `binding`, and has it answer. */
  async function prove(binding: PortBinding, socket: Socket): Promise<void> {
    binding.remotePassword = createSecretKey(Buffer.from('their password'));
    const request = makeRequest('theirs');
    binding.sendStun(signed(request), targetOf(socket));
    await deliver(socket, signed(new Message(methods.BINDING, classes.RESPONSE, request.transactionId), 'their password'));
  }

  it('measures the round trip of an address by the check that it answers, and by none that was sent twice', async () => {
    const binding = bind('aaaa');
    binding.remotePassword = createSecretKey(Buffer.from('their password'));
    const socket = await openSocket();
    const ask = async (afterUs: readonly number[]): Promise<number | undefined> => {
      const request = makeRequest('theirs');
      const bytes = signed(request);
      for (const us of afterUs) {
        binding.sendStun(bytes, targetOf(socket));
        now.advance(us);
      }
      await deliver(socket, signed(new Message(methods.BINDING, classes.RESPONSE, request.transactionId), 'their password'));
      return binding.findSource(targetOf(socket))?.roundTripUs;
    };
    expect(await ask([50_000, 30_000]), 'asked twice').to.equal(undefined);
    expect(await ask([0])).to.equal(0);
    expect(await ask([300_000])).to.equal(300_000);
    expect(await ask([50_000, 30_000]), 'asked twice, which tells nothing').to.equal(300_000);
  });

  it('gives each connection its own, and an unproved address to whom claimed it last', async () => {
    bind('aaaa');
    const second = bind('bbbb');
    const [one, other] = [await openSocket(), await openSocket()];
    await deliver(one, signed(makeRequest('aaaa')));
    await deliver(other, signed(makeRequest('bbbb')));
    await deliver(one, Buffer.from([128]));
    await deliver(other, Buffer.from([128]));
    await deliver(one, signed(makeRequest('bbbb')), Buffer.from([128]));
    expect(received).to.deep.equal(['aaaa request', 'bbbb request', 'aaaa media 1', 'bbbb media 1', 'bbbb request', 'bbbb media 1']);
    expect(port.sourceCount).to.equal(2);
    second.close();
    second.close();
    await deliver(one, Buffer.from([128]), signed(makeRequest('bbbb')));
    expect(port.counters).to.include({ droppedUnknownSource: 1, droppedStun: 1 });
    expect([port.bindingCount, port.sourceCount]).to.deep.equal([1, 0]);
    expect(() => bind('aaaa')).to.throw(/two connections/);
  });

  it('takes a proved address from nobody by a repeated check, and gives it to who proves it', async () => {
    const first = bind('aaaa');
    const second = bind('bbbb');
    const [victim, stranger] = [await openSocket(), await openSocket()];
    await deliver(victim, signed(makeRequest('aaaa')));
    await prove(first, victim);
    // Somebody has seen these checks of `bbbb`, and sends them with the victim's address as their source.
    await deliver(victim, signed(makeRequest('bbbb')), signed(makeRequest('bbbb')));
    received = [];
    await deliver(victim, Buffer.from([128]));
    expect(received).to.deep.equal(['aaaa media 1']);
    // And these of `aaaa` from a port of his own, many of them.
    await deliver(stranger, signed(makeRequest('aaaa')));
    const others = await Promise.all(Array.from({ length: 20 }, openSocket));
    for (const other of others) await deliver(other, signed(makeRequest('aaaa')));
    received = [];
    await deliver(victim, Buffer.from([128]));
    expect(received).to.deep.equal(['aaaa media 1']);
    expect(port.sourceCount, 'sixteen claims and one proof').to.equal(17);
    // A NAT has given the address to `bbbb`, which answers there.
    await prove(second, victim);
    received = [];
    await deliver(victim, Buffer.from([128]));
    expect(received).to.deep.equal(['bbbb media 1']);
  });

  it('knows a check of a proved address when it comes again from elsewhere', async () => {
    const binding = bind('aaaa');
    const [victim, stranger] = [await openSocket(), await openSocket()];
    await deliver(victim, signed(makeRequest('aaaa')));
    await prove(binding, victim);
    const check = signed(makeRequest('aaaa'));
    await deliver(victim, check, check);
    received = [];
    await deliver(stranger, check, Buffer.from([128]));
    expect(received).to.deep.equal([]);
    expect(port.counters).to.include({ droppedStunReplay: 1, droppedUnknownSource: 1 });
  });

  it('takes no answer from where nobody was asked', async () => {
    const binding = bind('aaaa');
    const [asked, stranger] = [await openSocket(), await openSocket()];
    binding.remotePassword = createSecretKey(Buffer.from('their password'));
    const request = makeRequest('theirs');
    binding.sendStun(signed(request), targetOf(asked));
    const answer = signed(new Message(methods.BINDING, classes.RESPONSE, request.transactionId), 'their password');
    await deliver(stranger, answer);
    expect([received, port.sourceCount, port.counters.droppedStunAnswer, port.askedCount]).to.deep.equal([[], 0, 1, 1]);
    await deliver(asked, answer);
    expect([received, port.sourceCount, port.askedCount]).to.deep.equal([['aaaa success'], 1, 0]);
  });

  it('looks at a bounded number of forged checks, and goes on with who has proved himself', async () => {
    const binding = bind('aaaa');
    const [victim, stranger] = [await openSocket(), await openSocket()];
    await deliver(victim, signed(makeRequest('aaaa')));
    await prove(binding, victim);
    const forged = signed(makeRequest('aaaa'), 'another password');
    for (let index = 0; index < 30; index++) await deliver(stranger, ...Array.from({ length: 10 }, () => forged));
    expect(port.counters.droppedStunIntegrity + port.counters.droppedStunRate).to.equal(300);
    expect(port.counters.droppedStunIntegrity).to.equal(200);
    received = [];
    // Of the same address, as far as that is known.
    await deliver(victim, signed(makeRequest('aaaa')), Buffer.from([128]));
    await deliver(stranger, signed(makeRequest('aaaa')));
    expect(received).to.deep.equal(['aaaa request', 'aaaa media 1']);
    now.advance(1_000_000);
    await deliver(stranger, signed(makeRequest('aaaa')));
    expect(received).to.have.lengthOf(3);
  });

  it('takes STUN answers that were asked for, authentic, and once', async () => {
    const binding = bind('aaaa');
    const socket = await openSocket();
    const request = makeRequest('theirs');
    const answer = signed(new Message(methods.BINDING, classes.RESPONSE, request.transactionId), 'their password');
    await deliver(socket, answer);
    binding.sendStun(signed(request), targetOf(socket));
    await deliver(socket, answer);
    binding.remotePassword = createSecretKey(Buffer.from('their password'));
    await deliver(socket, signed(new Message(methods.BINDING, classes.RESPONSE, request.transactionId), password), answer, answer, Buffer.from([128]));
    expect(received).to.deep.equal(['aaaa success', 'aaaa media 1']);
    expect(port.counters).to.include({ droppedStunAnswer: 2, droppedStunIntegrity: 2 });
    expect(port.askedCount).to.equal(0);
  });

  it('drops requests without a signature, with another one, and indications', async () => {
    bind('aaaa');
    const socket = await openSocket();
    const indication = new Message(methods.BINDING, classes.INDICATION).setAttribute('USERNAME', 'aaaa:x');
    await deliver(socket, makeRequest('aaaa').bytes, signed(makeRequest('aaaa'), 'another password'), signed(makeRequest('aaab')), signed(indication));
    expect(received).to.deep.equal([]);
    expect(port.counters).to.include({ droppedStunIntegrity: 2, droppedStun: 2 });
    expect(port.sourceCount).to.equal(0);
  });

  it('keeps sixteen addresses of a connection, the one that was quiet longest out first', async () => {
    bind('aaaa');
    const all = await Promise.all(Array.from({ length: 17 }, openSocket));
    for (const socket of all.slice(0, 16)) await deliver(socket, signed(makeRequest('aaaa')));
    await deliver(all[0]!, signed(makeRequest('aaaa')));
    await deliver(all[16]!, signed(makeRequest('aaaa')));
    expect(port.sourceCount).to.equal(16);
    received = [];
    await deliver(all[0]!, Buffer.from([128]));
    await deliver(all[1]!, Buffer.from([128]));
    await deliver(all[16]!, Buffer.from([128]));
    expect(received).to.deep.equal(['aaaa media 1', 'aaaa media 1']);
    expect(port.counters.droppedUnknownSource).to.equal(1);
  });

  it('keeps a bounded number of questions', () => {
    const binding = bind('aaaa');
    for (let index = 0; index < 1_000; index++) binding.sendStun(makeRequest('theirs').bytes, { transport: 'udp', address: '127.0.0.1', port: 9 });
    expect(port.askedCount).to.equal(128);
    binding.close();
    binding.sendStun(makeRequest('theirs').bytes, { transport: 'udp', address: '127.0.0.1', port: 9 });
    expect(port.askedCount).to.equal(0);
  });

  it('takes the first free port of a range, and says so when there is none', async () => {
    const range = { ...loopback, portMin: port.port, portMax: port.port };
    const error: unknown = await UdpPort.open(range).catch((thrown: unknown) => thrown);
    expect(error).to.deep.include({ code: 'no_media_port', details: { systemCode: 'EADDRINUSE' } });
    expect(String(error)).to.include(`No media port could be bound on 127.0.0.1 from ${port.port} to ${port.port} (EADDRINUSE)`);
    const next = await UdpPort.open({ ...range, portMax: Math.min(port.port + 50, 65_535) });
    expect(next.port).to.be.greaterThan(port.port);
    await next.close();
  });

  it('announces what it is told to, of its own family, else where it is bound', async () => {
    expect(port.announcedAddresses).to.deep.equal(['127.0.0.1']);
    const announcing = await UdpPort.open({ ...loopback, hosts: ['0.0.0.0'], announcedAddresses: ['203.0.113.5', '2001:db8::1', '203.0.113.6'] });
    expect(announcing.announcedAddresses).to.deep.equal(['203.0.113.5', '203.0.113.6']);
    await announcing.close();
    const wildcard = await UdpPort.open({ ...loopback, hosts: ['0.0.0.0'] });
    expect(wildcard.announcedAddresses.length).to.be.greaterThan(0);
    expect(wildcard.announcedAddresses).to.not.include('0.0.0.0');
    await wildcard.close();
    for (const [options, message] of [[{ hosts: ['localhost'] }, /IP address/], [{ announcedAddresses: ['2001:db8::1'] }, /family/]] as const) {
      let error: unknown;
      await UdpPort.open({ ...loopback, ...options }).catch((thrown: unknown) => (error = thrown));
      expect(String(error)).to.match(message);
    }
  });

  it('can be closed twice, and sends nothing afterwards', async () => {
    await Promise.all([port.close(), port.close()]);
    port.send(Buffer.from('x'), 9, '127.0.0.1');
    expect(port.counters).to.include({ sentDatagrams: 0, droppedAfterClose: 1 });
    expect(port.socketGauges).to.deep.equal({ receiveBufferBytes: 0, sendQueueBytes: 0, tcpStreams: 0 });
  });
});
