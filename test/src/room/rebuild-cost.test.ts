/** What rebuilding from protection may cost: bounded for whoever makes it up, and without effect on a camera whose path loses much. */
import { expect } from 'chai';
import { SeededRandom } from '../../../bench/network/seeded-random.js';
import { IncomingMedia } from '../../../src/room/incoming-media.js';
import { packetiseVp8 } from '../../../src/rtp/vp8-payload.js';
import { protect, putIntoRed } from '../../support/ulpfec-encoder.js';
import { vp8Frame } from '../../support/video-frames.js';
import { audioLine, midExtension, mustParseRtp, rtpDatagram, videoLine, vp8Type } from './room-rig.js';

const protection = { redPayloadType: 114, redRtxPayloadType: 115, ulpfecPayloadType: 116 } as const;
const payloadBytes = 1_200;
const second = 1_000_000;

/** Numbers the packets of one SSRC. */
class Sender {
  readonly #incoming: IncomingMedia;
  readonly #ssrc: number;
  readonly #mid: string;
  #next = 0;

  constructor(incoming: IncomingMedia, ssrc: number, mid = '1') {
    this.#incoming = incoming;
    this.#ssrc = ssrc;
    this.#mid = mid;
  }

  make(payloadType: number, payload: Uint8Array, fields: { readonly timestamp: number; readonly marker?: boolean }): Buffer {
    return rtpDatagram({ ssrc: this.#ssrc, payloadType, sequenceNumber: this.#next++ & 0xffff, extensions: [midExtension(this.#mid)], ...fields }, payload);
  }

  send(datagram: Buffer, nowUs: number): void {
    this.#incoming.receive(mustParseRtp(putIntoRed(datagram, protection.redPayloadType)), nowUs);
  }
}

const mostRead = (bytes: number): number => Math.floor(bytes / (48 * payloadBytes));

describe('what rebuilding from protection costs', () => {
  let incoming: IncomingMedia;

  beforeEach(() => {
    incoming = new IncomingMedia({ participantId: 'ann', events: { onAudioPacket: () => undefined, onVideoFrame: () => undefined } });
    incoming.negotiate([audioLine(), videoLine({ protection }), videoLine({ mid: '2', protection })]);
  });

  const countOf = (name: string): number => incoming.stats().reduce((sum, stats) => sum + Number(stats[name]), 0);

  /** 48 packets of which one is missing, then protection of them all that never fits. Answers how much of it was read. */
  function storm(sender: Sender, count: number, fromUs: number, spanUs = second): number {
    const media = Array.from({ length: 48 }, () => sender.make(vp8Type, Buffer.alloc(payloadBytes, 1), { timestamp: 1 }));
    for (const [index, datagram] of media.entries()) if (index !== 20) sender.send(datagram, fromUs);
    const payload = protect(media);
    payload.writeUInt16BE(0xffff, 8);
    const before = countOf('refusedRebuilds');
    for (let sent = 0; sent < count; sent += 1) sender.send(sender.make(protection.ulpfecPayloadType, payload, { timestamp: 1 }), fromUs + (sent * spanUs) / count);
    expect(countOf('rebuiltPackets')).to.equal(0);
    return count - (countOf('refusedRebuilds') - before);
  }

  it('is 5 MB in the first second and 4 in each that follows, whatever comes', () => {
    const camera = new Sender(incoming, 7);
    const read = storm(camera, 1_000, 0);
    expect(read).to.be.within(10, mostRead(5_000_000));
    expect(storm(camera, 1_000, second)).to.be.within(10, mostRead(4_000_000) + 1);
  });

  it('is no more for who has a camera and a screen, or goes on under one SSRC after the other', () => {
    const camera = new Sender(incoming, 7);
    storm(camera, 1_000, 0);
    expect(storm(new Sender(incoming, 8, '2'), 1_000, second, 0), 'what the camera left').to.be.at.most(1);
    let read = 0;
    for (let ssrc = 100; ssrc < 110; ssrc += 1) read += storm(new Sender(incoming, ssrc), 100, second + (ssrc - 100) * 100_000, 100_000);
    expect(read).to.be.within(10, mostRead(4_000_000) + 1);
  });

  it('leaves a camera alone that sends 8 Mbps, with half as much protection, over a path that loses one packet in five', () => {
    const random = new SeededRandom(7);
    const camera = new Sender(incoming, 7);
    const frameUs = 33_333;
    const frames = 60;
    let lost = 0;
    for (let frame = 0; frame < frames; frame += 1) {
      // The keyframe has 150 kB.
      const bytes = frame === 0 ? 150_000 : 33_000;
      const fields = { timestamp: frame * 3_000 };
      const payloads = packetiseVp8(vp8Frame(bytes, { keyframe: frame === 0, seed: frame }), { maxPayloadBytes: payloadBytes, pictureId: frame });
      for (let from = 0; from < payloads.length; from += 48) {
        const media = payloads.slice(from, from + 48).map((payload, index) => camera.make(vp8Type, payload, { ...fields, marker: from + index === payloads.length - 1 }));
        // Each protects one half of them, as libwebrtc's random masks do, and each packet is in several.
        const groups = Array.from({ length: media.length >> 1 }, () => media.filter(() => random.next() < 0.5)).filter(({ length }) => length > 0);
        const fec = groups.map((group) => camera.make(protection.ulpfecPayloadType, protect(group), fields));
        for (const datagram of [...media, ...fec]) {
          if (frame > 0 && random.next() < 0.2) lost += 1;
          else if (frame === 0 && media.indexOf(datagram) % 5 === 4) lost += 1;
          else camera.send(datagram, frame * frameUs);
        }
      }
    }
    expect(countOf('refusedRebuilds')).to.equal(0);
    expect(countOf('rebuiltPackets'), `of ${lost} with protection`).to.be.greaterThan(100);
  });
});
