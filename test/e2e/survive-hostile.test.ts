import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect } from 'chai';
import type { RoomDescription } from '../../src/rooms/protocol.js';
import { ColoredToneSource } from '../support/colored-tone-source.js';
import { eventually } from '../support/eventually.js';
import { startRoomServer } from '../support/room-server.js';
import { errorCode, type TestServer } from '../support/test-server.js';
import { WrtcListener, WrtcPublisher } from '../support/wrtc-client.js';
import { gatheredSdp, wrtc, type WrtcPeerConnection } from '../support/wrtc.js';

const whole = { left: 0, top: 0, width: 1, height: 1 };
const garbageDatagrams = 3_000;
/** All of this file's hundreds of insults together: a line for each kind of trouble, and those of rooms that open and close. */
const mostLogLines = 40;

interface RoomStats {
  readonly port: { readonly number: number; readonly receivedDatagrams: number; readonly droppedUnknownKind: number; readonly droppedStun: number; readonly droppedUnknownSource: number };
  readonly sessions: Readonly<Record<string, { readonly malformedPackets: number; readonly uplinks: readonly { readonly source: string; readonly lostPackets?: number; readonly packets: number }[]; readonly peer: { readonly droppedSrtp: number } }>>;
}

describe('a room survives hostile strangers', function () {
  this.timeout(60_000);
  let server: TestServer;
  let ann: WrtcPublisher;
  let viewer: WrtcListener;
  let offers: { readonly both: string; readonly audio: string; readonly video: string; readonly data: string };
  let roomPid: number;
  /** The kernel's buffer of the port overflows: what falls out of it is Ann's, too. */
  let isFlooded = false;

  const makeOffer = async (add: (connection: WrtcPeerConnection) => void): Promise<string> => {
    const connection = new wrtc.RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    add(connection);
    const sdp = await gatheredSdp(connection, await connection.createOffer());
    connection.close();
    return sdp;
  };
  const postOffer = (path: string, offer: string): Promise<Response> => server.fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body: offer });
  const readStats = async (): Promise<RoomStats> => (await server.call('GET', '/api/rooms/fort/stats')).body as RoomStats;
  const describeRoom = async (): Promise<RoomDescription> => (await server.call('GET', '/api/rooms/fort')).body as RoomDescription;

  before(async () => {
    server = await startRoomServer();
    ann = await WrtcPublisher.join(server.url, 'fort', 'Ann', { color: 'red', toneHz: 440 });
    viewer = await WrtcListener.join(server.url, 'fort');
    await viewer.mix.until('Ann is seen and heard', () => viewer.mix.sees('red', whole) && viewer.mix.toneDb(440) > -25);
    roomPid = (await server.server.registry.find('fort')).pid;
    const offer = (...kinds: ('audio' | 'video')[]): Promise<string> => makeOffer((connection) => kinds.forEach((kind) => connection.addTransceiver(kind, { direction: 'sendrecv' })));
    const data = (await offer('audio')).replace(/m=audio[^]*$/, (section) => section.replace(/^m=audio.*$/m, 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel').replaceAll(/^a=(rtpmap|fmtp|rtcp-fb|extmap|ssrc|msid|rtcp|sendrecv).*\r\n/gm, ''));
    offers = { both: await offer('audio', 'video'), audio: await offer('audio'), video: await offer('video'), data };
  });

  /** After each test: the same process, the same people, and nothing lost. */
  afterEach(async () => {
    expect((await server.server.registry.find('fort')).pid).to.equal(roomPid);
    await eventually('nobody else is in the room', async () => {
      const { participants, viewers } = await describeRoom();
      return participants.length === 1 && viewers === 1;
    });
    const { frameCount } = viewer.mix;
    await viewer.mix.until('the picture goes on', () => viewer.mix.frameCount > frameCount + 3 && viewer.mix.sees('red', whole));
    await viewer.mix.until('the sound goes on', () => viewer.mix.toneDb(440) > -25);
    if (isFlooded) return;
    const { sessions } = await readStats();
    const own = sessions[ann.participantId];
    expect(own?.malformedPackets).to.equal(0);
    expect(own?.uplinks.find(({ source }) => source === 'camera')?.lostPackets).to.equal(0);
    const statistics = [...(await viewer.connection.getStats())].map(([, entry]) => entry).filter(({ type }) => type === 'inbound-rtp');
    expect(statistics.map(({ packetsLost }) => packetsLost)).to.deep.equal([0, 0]);
  });
  after(async () => {
    await Promise.all([ann.leave(), viewer.leave()]);
    const lines = server.logLines.filter((line) => !line.includes('"level":"debug"'));
    expect(lines.length, lines.join('\n')).to.be.at.most(mostLogLines);
    expect(lines.filter((line) => line.includes('"level":"error"'))).to.deep.equal([]);
    await server.close();
  });

  const unknownCodecs = (sdp: string): string => sdp.replaceAll(/^(a=rtpmap:\d+) \S+?\//gm, '$1 nonsense/');
  const withoutCredentials = (sdp: string): string => sdp.replaceAll(/^a=ice-(ufrag|pwd).*\r\n/gm, '');
  const withoutFingerprint = (sdp: string): string => sdp.replaceAll(/^a=fingerprint.*\r\n/gm, '');
  const refusals: readonly (readonly [what: string, offer: () => string, status: number, code: string])[] = [
    ['is empty', () => '', 400, 'sdp_empty'],
    ['is blank', () => ' \r\n\r\n', 400, 'sdp_empty'],
    ['has a megabyte', () => offers.both + `a=x:${'y'.repeat(100)}\r\n`.repeat(10_000), 413, 'sdp_too_large'],
    ['is a poem', () => 'Roses are red\r\nViolets are blue\r\n', 400, 'sdp_invalid'],
    ['is binary', () => randomBytes(2000).toString('latin1'), 400, 'sdp_invalid'],
    ['is cut off', () => offers.both.slice(0, 60), 422, 'sdp_without_media'],
    ['has neither sound nor picture', () => offers.data, 422, 'sdp_without_media'],
    ['knows other codecs', () => unknownCodecs(offers.both), 406, 'no_common_codec'],
    ['has no ICE credentials', () => withoutCredentials(offers.both), 400, 'sdp_invalid'],
    ['has no fingerprint', () => withoutFingerprint(offers.both), 400, 'sdp_invalid'],
    ['has 400 sections', () => offers.both + 'm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n'.repeat(400), 413, 'sdp_too_large'],
  ];
  for (const [what, offer, status, code] of refusals) {
    it(`whose SDP ${what}`, async () => {
      for (const path of ['/whip/fort?name=Eve', '/whep/fort', `/whep/fort?as=${ann.participantId}`]) {
        const response = await postOffer(path, offer());
        expect([response.status, errorCode(await response.json())], path).to.deep.equal([status, code]);
      }
    });
  }

  for (const kind of ['audio', 'video'] as const) {
    it(`and takes in who brings only ${kind}`, async () => {
      const source = new ColoredToneSource({ color: 'blue', toneHz: 1000 });
      const connection = new wrtc.RTCPeerConnection({ bundlePolicy: 'max-bundle' });
      connection.addTransceiver(kind === 'audio' ? source.audioTrack : source.videoTrack, { direction: 'sendonly', streams: [new wrtc.MediaStream({ id: 'own' })] });
      const response = await postOffer('/whip/fort?name=Half', await gatheredSdp(connection, await connection.createOffer()));
      expect(response.status).to.equal(201);
      await connection.setRemoteDescription({ type: 'answer', sdp: await response.text() });
      const isSensed = (): boolean => (kind === 'audio' ? viewer.mix.toneDb(1000) > -25 : viewer.mix.sees('blue', { left: 0.5, top: 0.25, width: 0.5, height: 0.5 }));
      await viewer.mix.until(`the ${kind} arrives`, isSensed);
      await eventually('the list says so', async () => {
        const half = (await describeRoom()).participants.find(({ name }) => name === 'Half');
        return half?.audio === (kind === 'audio') && half.video === (kind === 'video');
      });
      expect((await server.fetch(response.headers.get('Location') ?? '', { method: 'DELETE' })).status).to.equal(200);
      source.close();
      connection.close();
    });
  }

  it('whose SDP lacks what this server asks of publishers, and leaves no room to them', async () => {
    const strict = await startRoomServer({ requiredMedia: ['audio', 'video'] });
    try {
      for (const [offer, code] of [[offers.video, 'sdp_without_audio'], [offers.audio, 'sdp_without_video'], [offers.both.replaceAll('a=sendrecv', 'a=recvonly'), 'sdp_without_audio']] as const) {
        const response = await strict.fetch('/whip/fort?name=Half', { method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body: offer });
        expect([response.status, errorCode(await response.json())]).to.deep.equal([422, code]);
        await eventually('there is no room', async () => (await strict.call('GET', '/api/rooms/fort')).status === 404);
      }
      const response = await strict.fetch('/whip/fort?name=Whole', { method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body: offers.both });
      expect(response.status).to.equal(201);
    } finally {
      await strict.close();
    }
  });

  it('who name things that are not there, and people that are markup', async () => {
    for (const [method, path, status, code] of [
      ['POST', '/whep/fort?as=0123456789abcdef', 404, 'participant_not_found'],
      ['POST', '/whep/fort?as=../../etc/passwd', 404, 'participant_not_found'],
      ['POST', '/whep/nowhere', 404, 'room_not_found'],
      ['POST', '/whip/fort?name=%3Cscript%3Ealert(1)%3C/script%3E', 400, 'invalid_participant_name'],
      ['POST', '/whip/fort?name=%E2%80%AEdlrow', 400, 'invalid_participant_name'],
      ['POST', '/whip/..%2F..%2Fetc', 400, 'invalid_room_name'],
      ['DELETE', '/whip/sessions/0123456789abcdef', 404, 'session_not_found'],
      ['DELETE', '/whep/sessions/..%2f..%2fx', 404, 'session_not_found'],
      ['GET', '/api/rooms/fort/recordings/none', 404, 'recording_not_found'],
      ['POST', '/api/rooms/fort/recordings/none/stop', 404, 'recording_not_found'],
      ['GET', '/recordings/..%2f..%2fpackage.json', 404, 'file_not_found'],
    ] as const) {
      const response = await server.fetch(path, { method, headers: { 'Content-Type': 'application/sdp' }, ...(method === 'POST' ? { body: offers.both } : {}) });
      expect([response.status, errorCode(await response.json())], path).to.deep.equal([status, code]);
    }
    for (const path of ['/../package.json', '/static/../../package.json', '/static/%2e%2e/%2e%2e/package.json', '/recordings/../package.json', '//etc/passwd']) {
      const answer = await server.raw('GET', path);
      expect(answer.status, path).to.equal(404);
      expect(answer.text, path).not.to.contain('dependencies');
    }
  });

  it('on the WebSocket', async () => {
    const eve = await server.connect();
    for (const [message, code] of [
      [{ type: 'answer', sdp: offers.both }, 'not_joined'],
      [{ type: 'join', room: 'fort', name: '<img src=x>', audio: true, video: true }, 'invalid_participant_name'],
      [{ type: 'join', room: '../fort', name: 'Eve', audio: true, video: true }, 'invalid_room_name'],
    ] as const) {
      eve.send(message);
      expect(await eve.nextError()).to.equal(code);
    }
    await eve.join('fort', 'Eve');
    for (const [message, code] of [
      [{ type: 'answer', sdp: '' }, 'sdp_empty'],
      [{ type: 'answer', sdp: 'v=0\r\nnonsense' }, 'sdp_invalid'],
      // An answer to another offer than the one that was made.
      [{ type: 'answer', sdp: offers.both }, 'sdp_invalid'],
      [{ type: 'candidate', candidate: 'candidate:nonsense' }, 'invalid_candidate'],
      [{ type: 'layout', layout: '../../etc/passwd' }, 'unknown_layout'],
      [{ type: 'stopRecording', recordingId: 'none' }, 'recording_not_found'],
      [{ type: 'join', room: 'fort', name: 'Eve', audio: true, video: true }, 'already_joined'],
    ] as const) {
      eve.send(message);
      expect(await eve.nextError(), JSON.stringify(message).slice(0, 60)).to.equal(code);
    }
    for (let index = 0; index < 5; index += 1) eve.socket.send(randomBytes(300));
    expect(await eve.closed).to.equal(1008);
  });

  it('whose sockets send garbage, or nothing', async () => {
    const silent = Array.from({ length: 50 }, () => connect(server.port, '127.0.0.1'));
    await Promise.all(silent.map((socket) => once(socket, 'connect')));
    const loud = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const socket = connect(server.port, '127.0.0.1');
        socket.on('error', () => undefined);
        await once(socket, 'connect');
        socket.end(randomBytes(4_000));
        let text = '';
        for await (const chunk of socket) text += String(chunk);
        return text;
      }),
    );
    for (const text of loud) expect(text).to.match(/^HTTP\/1\.1 400 /);
    await Promise.all(
      Array.from({ length: 10 }, async () => {
        const socket = connect(server.port, '127.0.0.1');
        socket.write('GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n');
        const [answer] = (await once(socket, 'data')) as [Buffer];
        expect(answer.toString('latin1')).to.match(/^HTTP\/1\.1 101 /);
        // All reserved bits are set.
        socket.write(Buffer.alloc(500, 0xff));
        socket.resume();
        await once(socket, 'close');
      }),
    );
    for (const socket of silent) socket.destroy();
  });

  it('who throw garbage at its UDP port', async () => {
    isFlooded = true;
    const { port } = await readStats();
    const socket = createSocket('udp4');
    const first = [0x00, 0x01, 0x14, 0x16, 0x17, 0x40, 0x80, 0x90, 0xbf, 0xff];
    for (let index = 0; index < garbageDatagrams; index += 1) {
      const datagram = randomBytes((index * 37) % 1400);
      if (datagram.length > 0) datagram[0] = first[index % first.length] ?? 0;
      // Every other one of the STUN-like has STUN's cookie and a length that fits.
      if (datagram.length >= 20 && index % 20 < 2) {
        datagram.writeUInt16BE(0x0001, 0);
        datagram.writeUInt16BE((datagram.length - 20) & ~3, 2);
        datagram.writeUInt32BE(0x2112a442, 4);
      }
      await new Promise<void>((resolve) => socket.send(datagram, port.number, '127.0.0.1', () => resolve()));
    }
    socket.close();
    // Some fall out of the kernel's buffer where this process is quicker than the room's.
    await eventually('most have been looked at', async () => {
      const { port: now } = await readStats();
      return now.droppedUnknownKind + now.droppedStun + now.droppedUnknownSource - port.droppedUnknownKind - port.droppedStun - port.droppedUnknownSource > garbageDatagrams / 2;
    });
  });
});
