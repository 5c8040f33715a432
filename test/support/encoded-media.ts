/** Real encoded media for tests, made by the same FFmpeg program that the product finds, and the way back from a file to its content. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createEncoder } from 'libopus-wasm';
import { findFfmpeg } from '../../mixer/output/ffmpeg-program.js';

const run = promisify(execFile);
const maxOutputBytes = 256 * 1024 * 1024;

export const ffmpegPath = findFfmpeg(process.env['FFMPEG_PATH'] ?? '', process.env['PATH']);

export interface EncodedPicture {
  readonly keyframe: boolean;
  readonly data: Uint8Array;
}

export interface PatternOptions {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly fps: number;
  readonly frames: number;
  /** An lavfi colour name or 0xRRGGBB; undefined: a moving test picture. */
  readonly color?: string;
  readonly keyframeInterval?: number;
}

async function ffmpegBytes(args: readonly string[]): Promise<Buffer> {
  const { stdout } = await run(ffmpegPath, ['-hide_banner', '-loglevel', 'error', '-nostdin', ...args], { encoding: 'buffer', maxBuffer: maxOutputBytes });
  return stdout;
}

function patternInput({ widthPx, heightPx, fps, frames, color }: PatternOptions): string[] {
  const size = `size=${widthPx}x${heightPx}:rate=${fps}`;
  return ['-f', 'lavfi', '-i', color === undefined ? `testsrc=${size}` : `color=c=${color}:${size}`, '-frames:v', String(frames), '-pix_fmt', 'yuv420p'];
}

/** VP8 frames as a realtime sender makes them. */
export async function encodeVp8(options: PatternOptions): Promise<readonly EncodedPicture[]> {
  const ivf = await ffmpegBytes([
    ...patternInput(options),
    ...['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-lag-in-frames', '0', '-b:v', '600k', '-g', String(options.keyframeInterval ?? 3000), '-f', 'ivf', 'pipe:1'],
  ]);
  const pictures: EncodedPicture[] = [];
  // IVF: a 32-byte file header, then a 12-byte header (size, time) before each frame.
  for (let at = 32; at + 12 <= ivf.length; ) {
    const bytes = ivf.readUInt32LE(at);
    const data = new Uint8Array(ivf.subarray(at + 12, at + 12 + bytes));
    // RFC 6386 9.1: the lowest bit of a frame is 0 in keyframes.
    pictures.push({ keyframe: ((data[0] ?? 1) & 1) === 0, data });
    at += 12 + bytes;
  }
  return pictures;
}

/** H.264 access units in Annex B, constrained baseline, SPS and PPS before each IDR. */
export async function encodeH264(options: PatternOptions): Promise<readonly EncodedPicture[]> {
  const stream = await ffmpegBytes([
    ...patternInput(options),
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-profile:v', 'baseline', '-x264-params', 'aud=1:sliced-threads=0:scenecut=0', '-g', String(options.keyframeInterval ?? 3000), '-f', 'h264', 'pipe:1'],
  ]);
  const delimiter = Buffer.from([0, 0, 0, 1, 9]);
  const pictures: EncodedPicture[] = [];
  for (let at = stream.indexOf(delimiter); at !== -1; ) {
    const next = stream.indexOf(delimiter, at + delimiter.length);
    const data = new Uint8Array(stream.subarray(at, next === -1 ? stream.length : next));
    pictures.push({ keyframe: Buffer.from(data).includes(Buffer.from([0, 0, 1, 0x65])), data });
    at = next;
  }
  return pictures;
}

export const opusPacketUs = 20_000;

/** Mono Opus packets of 20 ms with a sine tone; `amplitude` 0..1. */
export async function encodeTone(frequencyHz: number, packets: number, amplitude = 0.3): Promise<readonly Uint8Array[]> {
  const encoder = await createEncoder({ channels: 1, application: 2049, bitrate: 48_000 });
  const samples = 960;
  const encoded = Array.from({ length: packets }, (_unused, packet) => {
    const pcm = Float32Array.from({ length: samples }, (_none, sample) => amplitude * Math.sin((2 * Math.PI * frequencyHz * (packet * samples + sample)) / 48_000));
    return new Uint8Array(encoder.encodeFloat(pcm));
  });
  encoder.free();
  return encoded;
}

/** Decodes the file's picture track: each frame as raw RGB of one pixel, its average colour. Fails when the file cannot be read. */
export async function averageColors(path: string): Promise<readonly (readonly [number, number, number])[]> {
  const raw = await ffmpegBytes(['-i', path, '-map', '0:v:0', '-vf', 'scale=1:1:flags=area', '-vsync', '0', '-pix_fmt', 'rgb24', '-f', 'rawvideo', 'pipe:1']);
  return Array.from({ length: Math.floor(raw.length / 3) }, (_unused, frame) => [raw[frame * 3] ?? 0, raw[frame * 3 + 1] ?? 0, raw[frame * 3 + 2] ?? 0] as const);
}

export interface PictureLuma {
  /** On the file's time line, which its sound shares. */
  readonly atSeconds: number;
  /** 16 to 235. */
  readonly luma: number;
}

/** When each picture of the file is shown, and its average brightness. */
export async function averageLumas(path: string): Promise<readonly PictureLuma[]> {
  const printed = await ffmpegBytes(['-i', path, '-map', '0:v:0', '-vf', 'scale=16:16:flags=area,signalstats,metadata=mode=print:key=lavfi.signalstats.YAVG:file=-', '-f', 'null', '-']);
  return [...printed.toString().matchAll(/pts_time:(\S+)\s+lavfi\.signalstats\.YAVG=(\S+)/g)].map(([, atSeconds, luma]) => ({ atSeconds: Number(atSeconds), luma: Number(luma) }));
}

/** Of a file with Opus, the bundled FFmpeg's own decoder of 2018 makes holes; libopus does not. */
export const opusDecoder = 'libopus';

/** Decodes the file's sound to 48 kHz mono samples, -1..1. @param decoder FFmpeg's own for what the file has, unless named */
export async function decodeSound(path: string, decoder?: string): Promise<Float32Array> {
  // Sample i is that of the file's time i / 48000: gaps become silence, also those too short for the filter's defaults.
  const raw = await ffmpegBytes([...(decoder === undefined ? [] : ['-c:a', decoder]), '-i', path, '-map', '0:a:0', '-af', 'aresample=async=1:min_hard_comp=0.01:first_pts=0', '-ac', '1', '-ar', '48000', '-f', 'f32le', 'pipe:1']);
  return new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + (raw.length & ~3)));
}

export interface SoundFrame {
  /** On the file's time line, which its pictures share. */
  readonly atSeconds: number;
  readonly endSeconds: number;
}

/** When each frame of the file's sound is heard. */
export async function soundFrames(path: string): Promise<readonly SoundFrame[]> {
  const printed = await ffmpegBytes(['-i', path, '-map', '0:a:0', '-c:a', 'pcm_s16le', '-ar', '48000', '-f', 'framecrc', 'pipe:1']);
  // Of each: stream, dts, pts, duration in samples, bytes, checksum.
  return [...printed.toString().matchAll(/^0, +-?\d+, +(-?\d+), +(\d+),/gm)].map(([, pts, samples]) => ({ atSeconds: Number(pts) / 48_000, endSeconds: (Number(pts) + Number(samples)) / 48_000 }));
}

/** Between the end of a frame and the begin of the next. */
export function longestHoleSeconds(frames: readonly SoundFrame[]): number {
  return Math.max(...frames.slice(1).map(({ atSeconds }, index) => atSeconds - (frames[index]?.endSeconds ?? 0)));
}

/** Long enough to tell tones 60 Hz apart, short enough for a tone whose speed is being corrected by 0.5 % (playout buffers do that) to stay in phase. */
const toneWindowSamples = 2_400;

/** Level of one frequency in a piece of sound (Goertzel in Hann windows of 50 ms, their powers averaged), in dB relative to a full-scale sine. */
export function toneLevelDb(samples: Float32Array, frequencyHz: number, sampleRateHz = 48_000): number {
  const windows = Math.floor(samples.length / toneWindowSamples);
  if (windows === 0) throw new RangeError('less sound than one window');
  let power = 0;
  for (let start = 0; start < windows * toneWindowSamples; start += toneWindowSamples) power += windowPower(samples.subarray(start, start + toneWindowSamples), frequencyHz / sampleRateHz);
  return 10 * Math.log10(Math.max(power / windows, 1e-18));
}

const hannWindow = Float32Array.from({ length: toneWindowSamples }, (_unused, index) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (index + 0.5)) / toneWindowSamples));
const hannSum = hannWindow.reduce((sum, weight) => sum + weight, 0);

/** Squared amplitude of the sine. */
function windowPower(samples: Float32Array, cyclesPerSample: number): number {
  const coefficient = 2 * Math.cos(2 * Math.PI * cyclesPerSample);
  let last = 0;
  let beforeLast = 0;
  for (let index = 0; index < toneWindowSamples; index += 1) {
    const next = (samples[index] ?? 0) * (hannWindow[index] ?? 0) + coefficient * last - beforeLast;
    beforeLast = last;
    last = next;
  }
  return (4 * Math.max(last * last + beforeLast * beforeLast - coefficient * last * beforeLast, 0)) / (hannSum * hannSum);
}
