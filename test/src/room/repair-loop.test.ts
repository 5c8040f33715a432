/** A camera behind a path that loses packets, and all that asks for them again, on a manual clock: how long the picture stands still. */
import { expect } from 'chai';
import type { VideoFrame } from '../../../mixer/index.js';
import { SessionReports } from '../../../src/room/session-reports.js';
import { VideoUplink } from '../../../src/room/video-uplink.js';
import { CaptureClock } from '../../../src/rtp/capture-clock.js';
import type { RtpPacket } from '../../../src/rtp/rtp-packet.js';
import { Vp8Depacketiser } from '../../../src/rtp/vp8-payload.js';
import { vp8Frame } from '../../support/video-frames.js';
import { ManualRoomClock, mustParseRtcp, rtpPacket, vp8Packets, vp8Type } from './room-rig.js';

const ssrc = 22;
const rtxSsrc = 23;
const rtxType = 97;
const oneWayMs = 25;
const roundTripUs = 2_000 * oneWayMs;
const frameMs = 33;
/** A frame of three packets, of which each tenth has so long ones that no retransmission of it fits a datagram with a MID in it. */
const frameBytes = { usual: 2_500, long: 2_970 } as const;
const longBytes = 990;
const keyframeBytes = 10_000;
/** What libwebrtc adds to its round trip before it sends a packet again. */
const resendMarginUs = 5_000;
const freezeUs = 200_000;

interface Kept {
  readonly packet: RtpPacket;
  resentUs: number;
}

/** As libwebrtc sends: repairs in a stream of their own, once a round trip; a request ends with the first packet that does not fit. */
class Camera {
  readonly #kept = new Map<number, Kept>();
  readonly #send: (packet: RtpPacket, isRepair: boolean) => void;
  #sequenceNumber = 65_000;
  #rtxSequenceNumber = 65_500;
  #frames = 0;
  #isKeyframeWanted = true;
  #isRepairKnown = false;

  constructor(send: (packet: RtpPacket, isRepair: boolean) => void) {
    this.#send = send;
  }

  film(): void {
    const keyframe = this.#isKeyframeWanted;
    this.#isKeyframeWanted = false;
    const bytes = keyframe ? keyframeBytes : this.#frames % 10 === 9 ? frameBytes.long : frameBytes.usual;
    for (const packet of vp8Packets({ ssrc, payloadType: vp8Type, sequenceNumber: this.#sequenceNumber, timestamp: this.#frames * 3_000 }, vp8Frame(bytes, { keyframe }))) {
      this.#kept.set(packet.sequenceNumber, { packet, resentUs: Number.NEGATIVE_INFINITY });
      this.#sequenceNumber = (packet.sequenceNumber + 1) & 0xffff;
      this.#send(packet, false);
    }
    this.#frames += 1;
  }

  take(datagram: Buffer, nowUs: number): void {
    for (const packet of mustParseRtcp(datagram)) {
      if (packet.type === 'receiver-report') this.#isRepairKnown ||= packet.reports.some((block) => block.ssrc === rtxSsrc);
      if (packet.type === 'pli') this.#isKeyframeWanted = true;
      if (packet.type === 'nack') this.#resend(packet.sequenceNumbers, nowUs);
    }
  }

  #resend(sequenceNumbers: readonly number[], nowUs: number): void {
    for (const sequenceNumber of sequenceNumbers) {
      const kept = this.#kept.get(sequenceNumber);
      if (kept === undefined || nowUs - kept.resentUs < roundTripUs + resendMarginUs) continue;
      const { payload, timestamp, marker } = kept.packet;
      if (payload.length > longBytes && !this.#isRepairKnown) return;
      kept.resentUs = nowUs;
      this.#rtxSequenceNumber = (this.#rtxSequenceNumber + 1) & 0xffff;
      this.#send(rtpPacket({ ssrc: rtxSsrc, payloadType: rtxType, sequenceNumber: this.#rtxSequenceNumber, timestamp, marker }, Uint8Array.of(sequenceNumber >> 8, sequenceNumber & 0xff, ...payload)), true);
    }
  }
}

interface Watched {
  readonly frozenMsPerMinute: number;
  readonly framesPerSecond: number;
}

/** @param isLost asked for each packet, repairs included */
function watch(seconds: number, isLost: () => boolean): Watched {
  const clock = new ManualRoomClock();
  const frames: { readonly atUs: number; readonly isFit: boolean }[] = [];
  /** By the millisecond at which it arrives. */
  const arriving = new Map<number, (() => void)[]>();
  let isFit = true;
  const later = (run: () => void): void => {
    const atMs = clock.nowUs() / 1000 + oneWayMs;
    arriving.set(atMs, [...(arriving.get(atMs) ?? []), run]);
  };
  const onFrame = ({ keyframe, gapBefore }: VideoFrame): void => {
    isFit = keyframe || (isFit && !gapBefore);
    frames.push({ atUs: clock.nowUs(), isFit });
  };
  const uplink = new VideoUplink({ participantId: 'ann', source: 'camera', ssrc, captureClock: new CaptureClock(), orientationExtensionId: undefined, depacketisers: new Map([[vp8Type, new Vp8Depacketiser()]]), onFrame });
  const camera = new Camera((packet, isRepair) => {
    if (isLost()) return;
    later(() => {
      if (isRepair) uplink.receiveRepair(packet, vp8Type, clock.nowUs());
      else uplink.receive(packet, clock.nowUs());
      reports.hasten(clock.nowUs(), roundTripUs, [uplink]);
    });
  });
  const reports = new SessionReports({ clock, ownSsrc: 5, cname: 'tessera', send: (datagram) => later(() => camera.take(datagram, clock.nowUs())) });
  for (let ms = 0; ms < seconds * 1000; ms += 1) {
    if (ms % frameMs === 0) camera.film();
    for (const run of arriving.get(ms) ?? []) run();
    arriving.delete(ms);
    if (ms % 20 === 7) reports.tick(clock.nowUs(), roundTripUs, { uplinks: [uplink], downlinks: [] });
    clock.advance(1_000);
  }
  const shown = frames.filter((frame) => frame.isFit).map(({ atUs }) => atUs);
  const beyondUs = shown.reduce((sum, atUs, index) => sum + Math.max(0, atUs - (shown[index - 1] ?? atUs) - freezeUs), 0);
  return { frozenMsPerMinute: (beyondUs * 60) / 1000 / seconds, framesPerSecond: shown.length / seconds };
}

/** Numerical Recipes' generator: the same losses in each run. */
function losing(share: number): () => boolean {
  let seed = 3;
  return () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 0x1_0000_0000 < share;
  };
}

describe('a camera behind a path that loses packets', () => {
  it('does not stand still at 10 % loss for more than 600 ms a minute, and loses next to no picture', () => {
    const { frozenMsPerMinute, framesPerSecond } = watch(120, losing(0.1));
    expect(frozenMsPerMinute).to.be.below(600);
    expect(framesPerSecond).to.be.above(29.5);
  });

  it('moves at 20 % loss', () => {
    const { frozenMsPerMinute, framesPerSecond } = watch(60, losing(0.2));
    expect(frozenMsPerMinute).to.be.below(3_000);
    expect(framesPerSecond).to.be.above(28);
  });
});
