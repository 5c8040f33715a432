import { createSecretKey } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { expect } from 'chai';
import fc from 'fast-check';
import { Message, classes, methods } from 'werift';
import { ManualClock } from '../../../mixer/clock/room-clock.js';
import type { PortBinding } from '../../../src/peer/port-binding.js';
import { StreamFraming, writeFrame } from '../../../src/peer/stream-framing.js';
import { UdpPort } from '../../../src/peer/udp-port.js';
import { eventually } from '../../support/eventually.js';
import { loopback } from './peer-rig.js';

const password = 'passwordpasswordpassword';

function makeCheck(ufrag: string, secret = password): Buffer {
  return new Message(methods.BINDING, classes.REQUEST).setAttribute('USERNAME', `${ufrag}:x`).addMessageIntegrity(Buffer.from(secret)).addFingerprint().bytes;
}

describe('datagrams over a stream', () => {
  const read = (chunks: readonly Buffer[], maxBytes = 4096): (string | undefined)[] => {
    const framing = new StreamFraming();
    return chunks.flatMap((chunk) => [...framing.take(chunk, () => maxBytes)].map((frame) => frame?.toString('hex')));
  };

  it('are the same again however the stream is cut', () => {
    const frames = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 12 });
    fc.assert(
      fc.property(frames, fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 }), (written, cuts) => {
        const stream = Buffer.concat(written.map((frame) => writeFrame(Buffer.from(frame))));
        const chunks: Buffer[] = [];
        for (let at = 0, cut = 0; at < stream.length; cut++) chunks.push(stream.subarray(at, (at += cuts[cut % cuts.length]!)));
        expect(read(chunks)).to.deep.equal(written.map((frame) => Buffer.from(frame).toString('hex')));
      }),
    );
  });

  it('end with an empty or too long one, whose bytes are not waited for', () => {
    expect(read([Buffer.from('0001aa0000', 'hex')])).to.deep.equal(['aa', undefined]);
    expect(read([Buffer.from('0001aa1001', 'hex')])).to.deep.equal(['aa', undefined]);
    expect(read([Buffer.from('0401', 'hex')], 1024)).to.deep.equal([undefined]);
    const framing = new StreamFraming();
    for (const chunk of [Buffer.from([0x10]), Buffer.from([0x00]), Buffer.alloc(4095)]) expect([...framing.take(chunk, () => 4096)]).to.deep.equal([]);
    expect(framing.pendingBytes).to.equal(4097);
  });

  it('never keep more than one frame, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 10 }), (chunks) => {
        const framing = new StreamFraming();
        for (const chunk of chunks) {
          for (const frame of framing.take(Buffer.from(chunk), () => 4096)) if (frame === undefined) return;
          expect(framing.pendingBytes).to.be.at.most(4097);
        }
      }),
    );
  });
});

describe('UdpPort by TCP', () => {
  let now: ManualClock;
  let port: UdpPort;
  let received: string[];
  const sockets: Socket[] = [];

  beforeEach(async () => {
    now = new ManualClock();
    port = await UdpPort.open({ ...loopback, hosts: ['127.0.0.1', '::1'], hasTcp: true, clock: now });
    received = [];
  });

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await port.close();
  });

  async function open(host = '127.0.0.1'): Promise<Socket> {
    const socket = connectTcp({ host, port: port.port });
    sockets.push(socket);
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  }

  function bind(ufrag: string): PortBinding {
    return port.bind({
      ufrag,
      localPassword: createSecretKey(Buffer.from(password)),
      receiver: {
        onStun: (_datagram, source, message) => {
          received.push(`${ufrag} ${message.class}`);
          binding = source;
        },
        onDtls: (datagram) => received.push(`${ufrag} dtls ${datagram.length}`),
        onMedia: (datagram) => received.push(`${ufrag} media ${datagram.length}`),
      },
    });
  }
  let binding: Parameters<PortBinding['send']>[1] | undefined;

  const until = (what: string, isSo: () => boolean): Promise<void> => eventually(what, isSo, 2_000);

  for (const host of ['127.0.0.1', '::1']) {
    it(`takes media after an authentic check, and sends back on the same connection, over ${host}`, async () => {
      const share = bind('aaaa');
      const socket = await open(host);
      socket.write(Buffer.concat([makeCheck('aaaa'), Buffer.from([22, 1]), Buffer.from([128, 1, 2])].map(writeFrame)));
      await until('all is there', () => received.length === 3);
      expect(received).to.deep.equal(['aaaa request', 'aaaa dtls 2', 'aaaa media 3']);
      expect([binding?.isProved, binding?.address, port.socketGauges.tcpStreams], 'not proved before it has answered').to.deep.equal([false, host, 1]);
      share.send(Buffer.from('hello'), binding!);
      const [answer] = (await once(socket, 'data')) as [Buffer];
      expect(answer.toString('latin1')).to.equal('\0\x05hello');
      share.close();
      await once(socket, 'close');
      expect(port.socketGauges.tcpStreams).to.equal(0);
    });
  }

  it('counts a connection as proved when a check of ours was answered on it, not before', async () => {
    const share = bind('aaaa');
    share.remotePassword = createSecretKey(Buffer.from('theirs'.repeat(4)));
    const socket = await open();
    socket.write(writeFrame(makeCheck('aaaa')));
    await until('it is known', () => received.length === 1);
    const question = new Message(methods.BINDING, classes.REQUEST);
    share.sendStun(question.setAttribute('USERNAME', 'x:aaaa').bytes, { transport: 'tcp', address: binding!.address, port: binding!.port });
    const answer = new Message(methods.BINDING, classes.RESPONSE, question.transactionId);
    socket.write(writeFrame(answer.addMessageIntegrity(Buffer.from('theirs'.repeat(4))).addFingerprint().bytes));
    const before = binding;
    await until('it has answered', () => received.length === 2);
    expect([received[1], binding?.isProved, binding === before]).to.deep.equal(['aaaa success', true, true]);
  });

  it('takes no check a second time by another connection, and leaves proved addresses alone whatever comes by TCP', async () => {
    const share = bind('aaaa');
    share.remotePassword = createSecretKey(Buffer.from('theirs'.repeat(4)));
    const udp = createSocket('udp4').unref();
    await new Promise<void>((resolve) => udp.bind(0, '127.0.0.1', resolve));
    const question = new Message(methods.BINDING, classes.REQUEST);
    share.sendStun(question.setAttribute('USERNAME', 'x:aaaa').bytes, { transport: 'udp', address: '127.0.0.1', port: udp.address().port });
    udp.send(new Message(methods.BINDING, classes.RESPONSE, question.transactionId).addMessageIntegrity(Buffer.from('theirs'.repeat(4))).addFingerprint().bytes, port.port, '127.0.0.1');
    await until('it has answered', () => received.length === 1);
    const seen = makeCheck('aaaa');
    const first = await open();
    first.write(writeFrame(seen));
    await until('the first is heard', () => received.length === 2);
    for (let round = 0; round < 20; round++) {
      const replaying = await open();
      replaying.write(writeFrame(seen));
      await once(replaying, 'close');
    }
    expect([port.counters.droppedStunReplay, port.socketGauges.tcpStreams, received.length]).to.deep.equal([20, 1, 2]);
    // As many as somebody has seen checks: they push out one another.
    for (let round = 0; round < 20; round++) (await open()).write(writeFrame(makeCheck('aaaa')));
    await until('all are heard', () => received.length === 22);
    await until('sixteen are left', () => port.socketGauges.tcpStreams === 16);
    udp.send(Buffer.from([128, 7]), port.port, '127.0.0.1');
    await until('media are taken from the proved address', () => received.at(-1) === 'aaaa media 2');
    udp.close();
  });

  it('hears nothing before such a check, and hangs up on whoever begins otherwise', async () => {
    bind('aaaa');
    const beginnings = [
      writeFrame(Buffer.from([128, 0, 0])),
      writeFrame(Buffer.from([22, 0])),
      writeFrame(Buffer.from([64])),
      writeFrame(makeCheck('aaaa', 'another password')),
      writeFrame(makeCheck('bbbb')),
      writeFrame(Buffer.alloc(1025)),
      Buffer.from([0, 0]),
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      Buffer.from('16030100c8010000', 'hex'),
    ];
    for (const beginning of beginnings) {
      const socket = await open();
      socket.write(beginning);
      await once(socket, 'close');
    }
    expect(received).to.deep.equal([]);
    expect(port.counters).to.include({ acceptedStreams: 9, malformedStreams: 4, droppedUnknownSource: 2, droppedUnknownKind: 1, droppedStunIntegrity: 1, droppedStun: 1 });
    expect(port.socketGauges.tcpStreams).to.equal(0);
  });

  it('hangs up on who drips, and on an authentic client that stops making sense', async () => {
    bind('aaaa');
    const dripping = await open();
    dripping.write(Buffer.from([0]));
    await until('it is accepted', () => port.socketGauges.tcpStreams === 1);
    now.advance(5_000_001);
    dripping.write(Buffer.from([20]));
    await once(dripping, 'close');
    const authentic = await open();
    authentic.write(writeFrame(makeCheck('aaaa')));
    await until('it is known', () => received.length === 1);
    now.advance(60_000_000);
    authentic.write(writeFrame(Buffer.from([128])));
    await until('it is heard', () => received.length === 2);
    authentic.write(Buffer.from([0xff, 0xff, 0]));
    await once(authentic, 'close');
    expect(port.counters).to.include({ idleStreams: 1, malformedStreams: 1 });
  });

  it('has room for 128 connections of one address, and for those of others besides', async () => {
    bind('aaaa');
    const mine = await Promise.all(Array.from({ length: 128 }, () => open()));
    await until('all are accepted', () => port.counters.acceptedStreams === 128);
    const refused = await open();
    await once(refused, 'close');
    expect(port.counters.refusedStreams).to.equal(1);
    const other = await open('::1');
    other.write(writeFrame(makeCheck('aaaa')));
    await until('the other is heard', () => received.length === 1);
    mine[0]!.end();
    await until('one has gone', () => port.socketGauges.tcpStreams === 128);
    const next = await open();
    next.write(writeFrame(makeCheck('aaaa')));
    await until('the next is heard', () => received.length === 2);
  });

  it('drops what a client does not read, in place of keeping it', async () => {
    const share = bind('aaaa');
    const socket = await open();
    socket.write(writeFrame(makeCheck('aaaa')));
    await until('it is known', () => received.length === 1);
    socket.pause();
    const datagram = Buffer.alloc(1200);
    for (let count = 0; count < 20_000; count++) {
      share.send(datagram, binding!);
      // Lets the kernel take what it has room for.
      if (count % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(port.counters.droppedStreamQueue).to.be.greaterThan(1_000);
    // It does not keep the port from closing either.
    share.close();
    const before = performance.now();
    await port.close();
    expect(performance.now() - before).to.be.lessThan(1_500);
  });
});
