/** The parsers of media: RTP, RTCP, SRTP, video and Opus payloads. */
import { opusPacketHasFec, opusPacketSamples as mixerOpusSamples } from '../../mixer/audio/opus-packet.js';
import { findParameterSets } from '../../mixer/video/h264-headers.js';
import { readVp8Size } from '../../mixer/video/vp8-header.js';
import { FeedbackReader } from '../../src/rtp/congestion/feedback-reader.js';
import { FrameAssembler } from '../../src/rtp/frame-assembler.js';
import { H264Depacketiser } from '../../src/rtp/h264-depacketiser.js';
import { packetiseH264 } from '../../src/rtp/h264-payload.js';
import { decodeAudioLevel, decodeMid, decodeTransportSequence, decodeVideoOrientation } from '../../src/rtp/header-extensions.js';
import { splitAnnexB } from '../../src/rtp/nal-unit.js';
import { NackTracker } from '../../src/rtp/nack-tracker.js';
import { opusPacketChannels, opusPacketSamples } from '../../src/rtp/opus-payload.js';
import { ParameterSets } from '../../src/rtp/parameter-sets.js';
import { buildNack, buildReceiverReport } from '../../src/rtp/rtcp/build-rtcp.js';
import { parseRtcp } from '../../src/rtp/rtcp/parse-rtcp.js';
import { ProtectedStream } from '../../src/rtp/protected-stream.js';
import { readRedBlock } from '../../src/rtp/red-payload.js';
import { findRtpPayload, isRtcp, parseRtpPacket, writeRtpHeader } from '../../src/rtp/rtp-packet.js';
import { unwrapRtx } from '../../src/rtp/rtx-payload.js';
import { SequenceUnwrapper, TimestampUnwrapper } from '../../src/rtp/sequence.js';
import { parseSps } from '../../src/rtp/sps.js';
import { SrtpReceiver } from '../../src/rtp/srtp/srtp-receiver.js';
import { SrtpSender } from '../../src/rtp/srtp/srtp-sender.js';
import { TransportFeedback } from '../../src/rtp/transport-feedback.js';
import { readUlpfec } from '../../src/rtp/ulpfec-payload.js';
import type { VideoDepacketiser } from '../../src/rtp/video-depacketiser.js';
import { depacketiseVp8, isVp8Keyframe, packetiseVp8, readVp8KeyframeSize, Vp8Depacketiser } from '../../src/rtp/vp8-payload.js';
import { protect } from '../support/ulpfec-encoder.js';
import { joinPieces, must, splitPieces, type FuzzTarget } from './target.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

const vp8Keyframe = Buffer.concat([hex('5042009d012a8002e001'), Buffer.alloc(60, 0x35)]);
const spsNal = hex('6742c01fda014016ec0440000003004000000f03c60ca8');
const highSpsNal = hex('67640028acd940780227e5c044000003000400000300f03c60c658');
const ppsNal = hex('68ce3c80');
const accessUnit = Buffer.concat([hex('00000001'), spsNal, hex('00000001'), ppsNal, hex('0000000165888040'), Buffer.alloc(90, 0x5a)]);

function rtp(payload: Uint8Array, options: { readonly sequenceNumber?: number; readonly payloadType?: number; readonly marker?: boolean } = {}): Buffer {
  const packet = Buffer.alloc(12 + 4 + 12 + payload.length);
  const extensions = [{ id: 1, data: Buffer.from('0') }, { id: 2, data: hex('85') }, { id: 3, data: hex('0102') }];
  const headerBytes = writeRtpHeader(packet, 0, { payloadType: options.payloadType ?? 96, marker: options.marker ?? true, sequenceNumber: options.sequenceNumber ?? 1, timestamp: 3_000, ssrc: 7, extensions });
  packet.set(payload, headerBytes);
  return packet.subarray(0, headerBytes + payload.length);
}

const rtpTarget: FuzzTarget = {
  name: 'rtp',
  run: (input) => {
    isRtcp(input);
    const packet = parseRtpPacket(input);
    if (packet === undefined) return;
    must(findRtpPayload(input) !== undefined && packet.payload.length <= input.length - 12, 'a payload outside its packet');
    for (let id = 0; id <= 255; id++) {
      const data = packet.extension(id);
      if (data === undefined) continue;
      must(data.length <= 255 && data.byteOffset >= input.byteOffset && data.byteOffset + data.length <= input.byteOffset + input.length, 'an extension outside its packet');
      decodeAudioLevel(data);
      decodeVideoOrientation(data);
      decodeTransportSequence(data);
      decodeMid(data);
    }
  },
  seeds: () => [rtp(hex('010203')), hex('90e0000100000bb80000000710000003 01013002020102030301020300000000 aa'), hex('b160000100000bb80000000700000009bede000110300000aabb02')],
};

const rtxTarget: FuzzTarget = {
  name: 'rtx',
  run: (input) => {
    const packet = parseRtpPacket(input);
    const original = packet === undefined ? undefined : unwrapRtx(packet, { ssrc: 9, payloadType: 96 });
    if (packet === undefined || original === undefined) return;
    must(original.payload.length + 2 === packet.payload.length && original.sequenceNumber <= 0xffff, 'more in a repair than came');
  },
  seeds: () => [rtp(hex('0005aabbcc'), { payloadType: 97 }), rtp(Buffer.alloc(0))],
};

const rtcpTarget: FuzzTarget = {
  name: 'rtcp',
  run: (input) => {
    const { packets, malformed } = parseRtcp(input);
    must(malformed || input.length >= 4, 'nothing is well-formed');
    let parts = 0;
    for (const packet of packets) {
      if (packet.type === 'nack') parts += packet.sequenceNumbers.length / 17;
      if ('reports' in packet) parts += packet.reports.length;
      if ('chunks' in packet) parts += packet.chunks.length;
      if ('ssrcs' in packet) parts += packet.ssrcs.length;
    }
    must(packets.length + parts <= input.length / 4 + packets.length, 'more parts than bytes');
  },
  seeds: () => [
    Buffer.concat([hex('81c8000c 00000001 00000002 00000003 00000004 00000005 00000006 00000007 01000002 00000003 00000004 00000005 00000006'), hex('81ca0003 00000001 01026162 00000000')]),
    buildReceiverReport({ senderSsrc: 1, reports: [] }),
    buildNack({ senderSsrc: 1, mediaSsrc: 2, sequenceNumbers: [1, 2, 9, 40] }),
    hex('81ce0002 00000001 00000002'),
    hex('84ce0004 00000001 00000000 00000002 05000000'),
    hex('8fce0005 00000001 00000000 52454d42 010c8000 00000002'),
    hex('82cb0003 00000001 00000002 03627965'),
    hex('8fcd0006 00000001 00000002 0001000a 000010 01 200a 0102 0304 0000'),
  ],
};

const feedbackTarget: FuzzTarget = {
  name: 'transport-feedback',
  // Each three bytes: a step of the 16-bit sequence number (signed), and of the arrival time in 4 ms; a step of 0 asks for the report.
  run: (input) => {
    const feedback = new TransportFeedback();
    let [sequenceNumber, nowUs] = [0, 0];
    for (let at = 0; at + 3 <= input.length; at += 3) {
      const step = input.readInt16BE(at);
      nowUs += input.readUInt8(at + 2) * 4_000;
      sequenceNumber = (sequenceNumber + step) & 0xffff;
      if (step !== 0) feedback.onPacket(sequenceNumber, nowUs);
      if (step !== 0 && at + 6 <= input.length) continue;
      const packets = feedback.build({ senderSsrc: 1, mediaSsrc: 2 });
      must(packets.length <= 64, 'a report without end');
      for (const packet of packets) {
        must(packet.length <= 1_000, 'a report beyond its packet');
        must(!parseRtcp(packet).malformed && new FeedbackReader().read(packet.subarray(12)) !== undefined, 'a report of ours that we cannot read');
      }
    }
  },
  seeds: () => [hex('000101 000101 000301 000001 fffe01 000201 7fff40 000000')],
};

const feedbackReaderTarget: FuzzTarget = {
  name: 'feedback-reader',
  run: (input) => {
    const reader = new FeedbackReader();
    for (const body of [input, input.subarray(input.length >> 1), input]) {
      const report = reader.read(body);
      if (report === undefined) continue;
      must(report.arrivalsUs.length >= 1 && report.arrivalsUs.length <= 4_096, 'as many arrivals as no report has');
      must(report.arrivalsUs.every((us) => Number.isNaN(us) || Number.isSafeInteger(us)), 'a time that is none');
    }
  },
  seeds: () => [hex('0001000a 000010 01 200a 0102 0304 0506 0708 090a'), hex('ffff0009 ffffff 02 bfff d555 0a0b 0c0d 8000 7fff 01020304')],
};

const nackTarget: FuzzTarget = {
  name: 'nack-tracker',
  run: (input) => {
    const tracker = new NackTracker();
    const unwrapper = new SequenceUnwrapper();
    let [sequenceNumber, nowUs] = [0, 0];
    for (let at = 0; at + 3 <= input.length; at += 3) {
      sequenceNumber = (sequenceNumber + input.readInt16BE(at)) & 0xffff;
      nowUs += input.readUInt8(at + 2) * 1_000;
      tracker.onPacket(unwrapper.unwrap(sequenceNumber), nowUs);
      must(tracker.missingCount <= 512, 'more missing than are kept');
      must(tracker.due(nowUs, 50_000).length <= 512, 'more asked for than are kept');
    }
  },
  seeds: () => [hex('000101 000301 ffff01 000201 040001 000180 000101')],
};

const vp8Target: FuzzTarget = {
  name: 'vp8',
  run: (input) => {
    const packet = depacketiseVp8(input);
    must(packet === undefined || packet.data.length < input.length, 'a payload longer than its packet');
    isVp8Keyframe(input);
    const sizes = [readVp8KeyframeSize(input), readVp8Size(input)];
    must(sizes[0] === undefined || sizes[1]?.widthPx === sizes[0].widthPx, 'two sizes of one picture');
    const depacketiser = new Vp8Depacketiser();
    const payloads = splitPieces(input).filter(({ length }) => length > 0);
    for (const payload of payloads) depacketiser.inspect(payload);
    if (payloads.length === 0) return;
    const frame = depacketiser.join(payloads);
    must(frame === 'damaged' || frame.data.length <= input.length, 'a frame longer than its packets');
  },
  seeds: () => [vp8Keyframe, Buffer.concat([hex('90 e0 8005 30 60'), vp8Keyframe]), joinPieces(packetiseVp8(vp8Keyframe, { maxPayloadBytes: 40, pictureId: 300 }))],
};

const h264Target: FuzzTarget = {
  name: 'h264',
  run: (input) => {
    const depacketiser = new H264Depacketiser();
    const payloads = splitPieces(input).filter(({ length }) => length > 0);
    for (const payload of payloads) {
      depacketiser.inspect(payload);
      depacketiser.salvage(payload);
    }
    for (const some of [payloads, payloads.slice(1), payloads.slice(0, -1)]) {
      if (some.length === 0) continue;
      const frame = depacketiser.join(some);
      if (typeof frame === 'string') continue;
      must(frame.data.length <= input.length * 6 + 65_536, 'a frame much longer than its packets');
      findParameterSets(frame.data);
      splitAnnexB(frame.data);
    }
  },
  seeds: () => [0, 1].map((mode) => joinPieces(packetiseH264(accessUnit, { maxPayloadBytes: mode === 0 ? 200 : 50, mode: mode === 0 ? 0 : 1 }))),
};

const spsTarget: FuzzTarget = {
  name: 'sps',
  run: (input) => {
    const sps = parseSps(input);
    if (sps !== undefined) must(sps.widthPx >= 1 && sps.widthPx <= 16_888 && sps.heightPx >= 1 && sps.heightPx <= 16_888, 'a size that no level allows');
    const sets = new ParameterSets();
    for (const piece of splitPieces(input)) sets.add(piece);
    sets.add(input);
    const parts: Uint8Array[] = [];
    sets.appendTo(parts);
    sets.addFromSdp(input.toString('latin1'));
    const inStream = findParameterSets(Buffer.concat([hex('00000001'), input, hex('000001 68 ce')]))?.size;
    // Both readers of one picture's size: the one that guards the decoder must not see less than the other.
    if (sps !== undefined && !input.includes(hex('000001'))) must(inStream?.widthPx === sps.widthPx && inStream.heightPx === sps.heightPx, `two sizes of one picture: ${JSON.stringify([sps, inStream])}`);
  },
  seeds: () => [spsNal, highSpsNal, ppsNal, Buffer.from(`${spsNal.toString('base64')},${ppsNal.toString('base64')}`)],
};

const h264HeadersTarget: FuzzTarget = {
  name: 'h264-headers',
  run: (input) => {
    const found = findParameterSets(input);
    must(found === undefined || found.bytes.length <= input.length, 'more parameter sets than bytes');
    splitAnnexB(input);
  },
  seeds: () => [accessUnit, Buffer.concat([hex('000001'), highSpsNal, hex('000001'), ppsNal, hex('000001 41 9a')])],
};

const assemblerTarget: FuzzTarget = {
  name: 'frame-assembler',
  // Pieces: steps of sequence number (signed), of timestamp and of time, flags (marker, payload type, give up), then the payload.
  run: (input) => {
    let frames = 0;
    const assembler = new FrameAssembler({
      depacketisers: new Map<number, VideoDepacketiser>([[96, new Vp8Depacketiser()], [97, new H264Depacketiser()]]),
      maxPackets: 64,
      maxBytes: 4_096,
      onFrame: ({ data }) => {
        must(data.length > 0, 'an empty frame');
        frames++;
      },
      onEmpty: (first, end) => must(first === assembler.nextIndex && first < end && end - first < 64, 'a place that is empty and is not'),
    });
    const sequences = new SequenceUnwrapper();
    const timestamps = new TimestampUnwrapper();
    let [sequenceNumber, timestamp, nowUs] = [100, 3_000, 0];
    for (const piece of splitPieces(input)) {
      if (piece.length < 4) continue;
      sequenceNumber = (sequenceNumber + piece.readInt8(0) * (piece.readInt8(0) > 100 ? 200 : 1)) & 0xffff;
      timestamp = (timestamp + piece.readInt8(1) * 300) >>> 0;
      nowUs += piece.readUInt8(2) * 1_000;
      const flags = piece.readUInt8(3);
      assembler.push({
        index: sequences.unwrap(sequenceNumber), timestamp: timestamps.unwrap(timestamp), marker: (flags & 1) !== 0,
        payloadType: 96 + ((flags >> 1) & 3), payload: piece.subarray(4), arrivalUs: nowUs,
      });
      if ((flags & 8) !== 0) assembler.giveUp(nowUs);
      must(assembler.heldBytes <= 4_096 + 255, 'more held than is allowed');
    }
    assembler.giveUp(nowUs + 10_000_000);
    must(frames === assembler.counters.frames, 'a frame that was not given');
  },
  seeds: () =>
    [packetiseVp8(vp8Keyframe, { maxPayloadBytes: 40, pictureId: 1 }), packetiseH264(accessUnit, { maxPayloadBytes: 50, mode: 1 })].map((payloads, codec) =>
      joinPieces([0, 10, 10].flatMap((step) => payloads.map((payload, i) => Buffer.concat([Uint8Array.of(1, i === 0 ? step : 0, 5, (i === payloads.length - 1 ? 1 : 0) | (codec << 1) | 8), payload])))),
    ),
};

const redTypes = { redPayloadType: 114, ulpfecPayloadType: 116 } as const;

const ulpfecTarget: FuzzTarget = {
  name: 'ulpfec',
  run: (input) => {
    const block = readRedBlock(input);
    must(block === undefined || block.data.length === input.length - 1, 'more in RED than came');
    const fields = readUlpfec(input);
    if (fields === undefined) return;
    must(fields.data.length < input.length && fields.offsets.length >= 1 && fields.offsets.every((offset, at) => offset <= 47 && offset > (fields.offsets[at - 1] ?? -1)), 'protection of what it cannot name');
  },
  seeds: () => [protect([0, 1, 3].map((sequenceNumber) => rtp(vp8Keyframe, { sequenceNumber }))), protect([0, 40].map((sequenceNumber) => rtp(hex('0102'), { sequenceNumber }))), hex('60 01 02')],
};

const protectedStreamTarget: FuzzTarget = {
  name: 'protected-stream',
  // Pieces: step of the sequence number (signed), payload type, then the payload.
  run: (input) => {
    const stream = new ProtectedStream(7, redTypes, { take: () => true });
    const unwrapper = new SequenceUnwrapper();
    let sequenceNumber = 0;
    for (const piece of splitPieces(input)) {
      if (piece.length < 2) continue;
      sequenceNumber = (sequenceNumber + piece.readInt8(0)) & 0xffff;
      const packet = parseRtpPacket(rtp(piece.subarray(2), { sequenceNumber, payloadType: piece.readUInt8(1) & 0x7f }));
      if (packet === undefined) throw new Error('broken: a packet of our own');
      const index = unwrapper.unwrap(sequenceNumber);
      const { opened, rebuilt } = stream.receive(packet, index, 0);
      must(opened.payload.length <= packet.payload.length && opened.sequenceNumber === sequenceNumber, 'more in a packet than came');
      must(rebuilt.length <= 48 && rebuilt.every((part) => part.packet.payload.length <= 0xffff && (part.index & 0xffff) === part.packet.sequenceNumber), 'a packet rebuilt in no place');
      stream.open(packet);
    }
  },
  seeds: () => {
    const media = [0, 1, 2, 3].map((sequenceNumber) => rtp(vp8Keyframe, { sequenceNumber }));
    const piece = (step: number, payloadType: number, payload: Uint8Array): Buffer => Buffer.concat([Uint8Array.of(step, payloadType), payload]);
    const inRed = (payload: Uint8Array, type: number): Buffer => Buffer.concat([Uint8Array.of(type), payload]);
    return [
      joinPieces([piece(0, 114, inRed(vp8Keyframe, 96)), piece(2, 114, inRed(vp8Keyframe, 96)), piece(1, 96, vp8Keyframe), piece(1, 114, inRed(protect(media), 116))]),
      joinPieces([piece(3, 114, inRed(protect(media.slice(0, 3)), 116)), piece(-1, 96, vp8Keyframe), piece(-1, 96, vp8Keyframe)]),
    ];
  },
};

const opusTarget: FuzzTarget = {
  name: 'opus',
  run: (input) => {
    const samples = opusPacketSamples(input);
    must(samples >= 0 && samples <= 5_760 && samples % 120 === 0, 'a length that no Opus packet has');
    if (samples > 0) must(mixerOpusSamples(input) === samples, 'two lengths of one packet');
    opusPacketChannels(input);
    opusPacketHasFec(input);
  },
  seeds: () => [hex('f8fffe'), hex('0bc403 01 02 aabbcc dd'), hex('fb 83 02 03 aaaabbbbbbcc'), hex('7a 02 aabb cc'), hex('4b ff')],
};

const keying = { profile: 'AES_CM_128_HMAC_SHA1_80', masterKey: Buffer.alloc(16, 1), masterSalt: Buffer.alloc(14, 2) } as const;

const srtpTarget: FuzzTarget = {
  name: 'srtp',
  run: (input) => {
    for (const profile of [keying, { ...keying, profile: 'AEAD_AES_128_GCM', masterSalt: Buffer.alloc(12, 2) } as const]) {
      const receiver = new SrtpReceiver(profile);
      const copy = Buffer.from(input);
      const opened = [receiver.unprotectRtp(input), receiver.unprotectRtcp(input)];
      if (opened.every((packet) => packet === undefined)) must(input.equals(copy), 'a refused datagram was changed');
    }
  },
  seeds: () => {
    const sender = new SrtpSender(keying);
    return [sender.protectRtp(rtp(hex('0102030405'))), sender.protectRtcp(hex('80c9000100000001'))];
  },
};

export const mediaTargets: readonly FuzzTarget[] = [
  rtpTarget, rtxTarget, rtcpTarget, feedbackTarget, feedbackReaderTarget, nackTarget, vp8Target, h264Target, spsTarget, h264HeadersTarget, assemblerTarget, ulpfecTarget, protectedStreamTarget, opusTarget, srtpTarget,
];
