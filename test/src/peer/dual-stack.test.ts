import { expect } from 'chai';
import { UdpPort } from '../../../src/peer/index.js';
import { ownAddresses } from '../../../src/peer/own-addresses.js';
import { closePair, connect, createPair, exchange, loopback, makeRtp, RiggedPeer, sharedCertificate, type Pair } from './peer-rig.js';

const both = { ...loopback, hosts: ['127.0.0.1', '::1'] } as const;

function candidatesOf(sdp: string): string[] {
  return [...sdp.matchAll(/^a=candidate:\S+ 1 (\S+) \d+ (\S+) (\d+) typ host/gm)].map(([, transport, address, port]) => `${transport} ${address} ${port}`);
}

describe('a port of both families', () => {
  let pair: Pair;

  afterEach(() => closePair(pair));

  async function expectMediaBothWays(): Promise<void> {
    const { client, server } = pair;
    client.peer.sendRtp(makeRtp(1));
    server.peer.sendRtp(makeRtp(1));
    await Promise.all([client, server].map((side) => side.reached(({ rtp }) => rtp.length === 1)));
  }

  for (const [host, address] of [['127.0.0.1', '127.0.0.1'], ['::1', '::1']] as const) {
    it(`serves a client that has ${host} only, with a candidate of each family on one number`, async () => {
      pair = await createPair({ serverPort: { hosts: both.hosts } });
      const { serverPort } = pair;
      await pair.client.peer.close();
      await pair.clientPort.close();
      const clientPort = await UdpPort.open({ ...loopback, hosts: [host] });
      const client = await RiggedPeer.create({ port: clientPort, certificate: await sharedCertificate(), dtlsRole: 'client' });
      pair = { ...pair, clientPort, client };
      let offered: string[] = [];
      exchange(pair, { answer: (sdp) => ((offered = candidatesOf(sdp)), sdp) });
      expect(offered).to.deep.equal([`udp 127.0.0.1 ${serverPort.port}`, `udp ::1 ${serverPort.port}`]);
      await Promise.all([client, pair.server].map((side) => side.reached(({ isConnected }) => isConnected)));
      expect(pair.server.peer.transport).to.include({ remoteAddress: address, remotePort: clientPort.port });
      await expectMediaBothWays();
    });
  }

  it('connects two of its kind, and knows an IPv6 address however it is written', async () => {
    pair = await createPair({ serverPort: { hosts: ['::1'] } });
    await pair.client.peer.close();
    await pair.clientPort.close();
    const clientPort = await UdpPort.open(both);
    const client = await RiggedPeer.create({ port: clientPort, certificate: await sharedCertificate(), dtlsRole: 'client' });
    pair = { ...pair, clientPort, client };
    exchange(pair, { offer: (sdp) => sdp.replace(' ::1 ', ' 0:0:0:0:0:0:0:1 '), answer: (sdp) => sdp.replace(' ::1 ', ' 0:0:00:0:0:0:0:0001 ') });
    await Promise.all([client, pair.server].map((side) => side.reached(({ isConnected }) => isConnected)));
    expect(client.peer.transport?.remoteAddress).to.equal('::1');
    await expectMediaBothWays();
  });

  it('announces the addresses of a NAT of both families, each only where it is bound', async () => {
    const announcedAddresses = ['203.0.113.5', '2001:db8::5'];
    pair = await createPair({ serverPort: { hosts: both.hosts, announcedAddresses } });
    await connect({ ...pair });
    expect(pair.serverPort.announcedAddresses).to.deep.equal(announcedAddresses);
    const narrow = await UdpPort.open({ ...loopback, announcedAddresses });
    expect(narrow.announcedAddresses).to.deep.equal(['203.0.113.5']);
    await narrow.close();
  });

  it('has the same number for both, and frees both', async () => {
    pair = await createPair();
    const first = await UdpPort.open({ ...both, hasTcp: true });
    const range = { ...both, portMin: first.port, portMax: first.port, hasTcp: true };
    expect([first.hasFamily(4), first.hasFamily(6)]).to.deep.equal([true, true]);
    expect(await UdpPort.open(range).catch(String)).to.match(/No media port could be bound on 127\.0\.0\.1 and ::1/);
    await Promise.all([first.close(), first.close()]);
    const again = await UdpPort.open(range);
    expect(again.port).to.equal(first.port);
    await again.close();
  });

  it('opens on every address of the machine, with or without IPv6', async () => {
    pair = await createPair();
    const port = await UdpPort.open({ ...loopback, hosts: ['0.0.0.0', '::'], hasTcp: true });
    expect(port.hasFamily(4)).to.equal(true);
    expect(port.announcedAddresses.some((address) => address.includes(':'))).to.be.oneOf([port.hasFamily(6), false]);
    await port.close();
  });

  it('finds the addresses of wildcards: IPv4 first, no link-local, loopback only without others', async () => {
    pair = await createPair();
    const of = (address: string, family: 'IPv4' | 'IPv6', internal = false) => ({ address, family, internal, netmask: '', mac: '', cidr: null, scopeid: 0 }) as const;
    const lo = [of('127.0.0.1', 'IPv4', true), of('::1', 'IPv6', true)];
    const eth0 = [of('fe80::1', 'IPv6'), of('2001:db8::7', 'IPv6'), of('192.0.2.7', 'IPv4')];
    expect(ownAddresses(['0.0.0.0', '::'], { lo, eth0 })).to.deep.equal(['192.0.2.7', '2001:db8::7']);
    expect(ownAddresses(['0.0.0.0', '::'], { lo })).to.deep.equal(['127.0.0.1', '::1']);
    expect(ownAddresses(['192.0.2.9', '::'], { lo, eth0 })).to.deep.equal(['192.0.2.9', '2001:db8::7']);
  });
});
