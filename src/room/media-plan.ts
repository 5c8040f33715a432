/** What this server asks for and offers in each kind of session: the m-lines of its offers, and which of a client's it takes. */
import { AppError } from '../errors.js';
import { sendsIn, type MediaKind, type MediaPlan, type RemoteMedia } from '../peer/index.js';

/** Whole numbers from 0 to 2^32 - 1. */
export type RandomUint32 = () => number;

/** m-lines of a browser's session, in this order from the first offer to the end: no renegotiation ever. */
const browserMids = { audio: '0', camera: '1', screen: '2' } as const;

/** Binds the sound and the picture of the mix together for the client's lip sync (RFC 3550 6.5.1, RFC 8830). */
const mixCname = 'tessera';
const mixMsid = { audio: 'tessera mix-audio', video: 'tessera mix-video' } as const;

/** @param stereoBps of sound both ways; undefined: mono. Here and below */
export function planBrowser(random: RandomUint32, stereoBps?: number): readonly MediaPlan[] {
  return [
    { mid: browserMids.audio, kind: 'audio', direction: 'sendrecv', codecs: ['opus'], ssrc: random(), cname: mixCname, msid: mixMsid.audio, ...stereo(stereoBps) },
    { mid: browserMids.camera, kind: 'video', direction: 'sendrecv', codecs: ['vp8', 'h264'], ssrc: random(), rtxSsrc: random(), cname: mixCname, msid: mixMsid.video },
    { mid: browserMids.screen, kind: 'video', direction: 'recvonly', codecs: ['vp8', 'h264'], ssrc: random(), rtxSsrc: random(), cname: mixCname, msid: mixMsid.video },
  ];
}

/**
 * WHIP: one microphone and one camera are taken, whatever else is offered is not (RFC 9725 4.2).
 *
 * @throws {AppError} `sdp_without_audio`, `sdp_without_video` when a kind is required and not offered to be sent
 */
export function planPublisher(remote: readonly RemoteMedia[], required: readonly MediaKind[], random: RandomUint32, stereoBps?: number): MediaPlan[] {
  for (const kind of required) {
    if (!remote.some((line) => line.kind === kind && sendsIn(line.direction))) throw new AppError(`sdp_without_${kind}`);
  }
  return planOnePerKind(remote, 'recvonly', random, stereoBps);
}

/** WHEP: one sound and one picture go out. */
export function planViewer(remote: readonly RemoteMedia[], random: RandomUint32, stereoBps?: number): MediaPlan[] {
  return planOnePerKind(remote, 'sendonly', random, stereoBps);
}

function planOnePerKind(remote: readonly RemoteMedia[], direction: 'recvonly' | 'sendonly', random: RandomUint32, stereoBps: number | undefined): MediaPlan[] {
  const firsts = (['audio', 'video'] as const).flatMap((kind) => remote.find((line) => line.kind === kind) ?? []);
  return firsts.map(({ mid, kind, codecs }) => ({
    mid,
    kind,
    direction,
    // As the client prefers; each name once, whatever its payload types.
    codecs: [...new Set(codecs.map(({ name }) => name))],
    ssrc: random(),
    ...(kind === 'video' ? { rtxSsrc: random() } : stereo(stereoBps)),
    cname: mixCname,
    msid: mixMsid[kind],
  }));
}

function stereo(stereoBps: number | undefined): Pick<MediaPlan, 'stereoBps'> {
  return stereoBps === undefined ? {} : { stereoBps };
}
