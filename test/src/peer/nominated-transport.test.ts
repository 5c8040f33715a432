import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket as TcpSocket } from 'node:net';
import { expect } from 'chai';
import { Message, classes, methods, parseMessage } from 'werift';
import { IceAgent } from '../../../src/peer/ice-agent.js';
import type { PortSource } from '../../../src/peer/port-binding.js';
import { StreamFraming, writeFrame } from '../../../src/peer/stream-framing.js';
import { UdpPort } from '../../../src/peer/udp-port.js';
import { eventually } from '../../support/eventually.js';
import { loopback } from './peer-rig.js';

const far = { ufrag: 'farfar', password: 'passwordpasswordpassword', isLite: false } as const;
const media = Buffer.from('80', 'hex');

/** A client that has the same address and port by UDP and by TCP, so that only the transport tells one from the other. */
describe('an ICE agent whose client has one number for UDP and TCP', () => {
  let port: UdpPort;
  let agent: IceAgent;
  let udp: UdpSocket;
  let tcp: TcpSocket;
  let isConnected: boolean;
  /** Where media came from last. */
  let heardFrom: PortSource | undefined;
  const asked = { udp: 0, tcp: 0 };

  beforeEach(async () => {
    isConnected = false;
    heardFrom = undefined;
    Object.assign(asked, { udp: 0, tcp: 0 });
    port = await UdpPort.open({ ...loopback, hasTcp: true });
    agent = new IceAgent({ port, events: { onConnected: () => void (isConnected = true), onFailed: () => undefined, onStun: () => undefined, onDtls: () => undefined, onMedia: (_datagram, source) => void (heardFrom = source) } });
    await agent.gather();
    agent.start(far, false);
    udp = createSocket('udp4');
    udp.bind(0, '127.0.0.1');
    await once(udp, 'listening');
    tcp = connect({ host: '127.0.0.1', port: port.port, localAddress: '127.0.0.1', localPort: udp.address().port });
    await once(tcp, 'connect');
    udp.on('message', (datagram) => answer('udp', datagram));
    const framing = new StreamFraming();
    tcp.on('data', (chunk) => {
      for (const frame of framing.take(chunk, () => 4096)) if (frame !== undefined) answer('tcp', frame);
    });
  });

  afterEach(async () => {
    tcp.destroy();
    udp.close();
    await agent.close();
    await port.close();
  });

  function send(transport: 'udp' | 'tcp', datagram: Buffer): void {
    if (transport === 'udp') udp.send(datagram, port.port, '127.0.0.1');
    else tcp.write(writeFrame(datagram));
  }

  function check(transport: 'udp' | 'tcp', nominates: boolean): void {
    const request = new Message(methods.BINDING, classes.REQUEST);
    request.setAttribute('USERNAME', `${agent.ufrag}:${far.ufrag}`).setAttribute('PRIORITY', 1).setAttribute('ICE-CONTROLLING', 1n);
    if (nominates) request.setAttribute('USE-CANDIDATE', null);
    send(transport, request.addMessageIntegrity(Buffer.from(agent.password)).addFingerprint().bytes);
  }

  /** The agent's own checks. */
  function answer(transport: 'udp' | 'tcp', datagram: Buffer): void {
    const message = parseMessage(datagram);
    if (message?.messageClass !== classes.REQUEST) return;
    asked[transport] += 1;
    const response = new Message(methods.BINDING, classes.RESPONSE, message.transactionId);
    send(transport, response.setAttribute('XOR-MAPPED-ADDRESS', ['127.0.0.1', port.port]).addMessageIntegrity(Buffer.from(far.password)).addFingerprint().bytes);
  }

  async function hearFrom(transport: 'udp' | 'tcp'): Promise<PortSource> {
    heardFrom = undefined;
    send(transport, media);
    await eventually(`media by ${transport}`, () => heardFrom !== undefined, 2_000);
    return heardFrom!;
  }

  for (const [chosen, other] of [['udp', 'tcp'], ['tcp', 'udp']] as const) {
    it(`sends by ${chosen} when that is nominated, and by ${other} when it is led there`, async () => {
      check(other, false);
      await eventually('the other has answered', () => asked[other] > 0 && port.askedCount === 0, 2_000);
      check(chosen, true);
      await eventually('it is connected', () => isConnected, 2_000);
      const sources = { [chosen]: await hearFrom(chosen), [other]: await hearFrom(other) };
      expect(sources[chosen]).to.not.equal(sources[other]);
      expect([sources['udp']?.port, sources['udp']?.stream]).to.deep.equal([sources['tcp']?.port, undefined]);
      expect(agent.route, 'of both, which are proved').to.equal(sources[chosen]);

      const before = { ...asked };
      agent.probe();
      await eventually('it is asked there', () => asked[chosen] > before[chosen], 2_000);
      expect(agent.follow(sources[other]!)).to.equal(true);
      expect(agent.route).to.equal(sources[other]);
      const then = { ...asked };
      agent.probe();
      await eventually('it is asked where it was led to', () => asked[other] > then[other], 2_000);
      expect(asked[chosen]).to.equal(then[chosen]);
    });
  }
});
