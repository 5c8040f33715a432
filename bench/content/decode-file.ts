/** A media file's content through FFmpeg: small pictures and samples, for looking at what is in it. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { SmallPicture } from './seen-people.js';

const run = promisify(execFile);
/** Ten minutes of sound. */
const maxOutputBytes = 128 * 1024 * 1024;

export const decodedRateHz = 48_000;

export interface SmallPicturesOptions {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Pictures per second of the file. */
  readonly rate: number;
}

/** @throws {Error} with FFmpeg's words when the file has no picture that it can read. */
export async function decodePictures(ffmpegPath: string, path: string, { widthPx, heightPx, rate }: SmallPicturesOptions): Promise<SmallPicture[]> {
  const raw = await ffmpeg(ffmpegPath, ['-i', path, '-map', '0:v:0', '-vf', `fps=${rate},scale=${widthPx}:${heightPx}:flags=area`, '-pix_fmt', 'rgb24', '-f', 'rawvideo', 'pipe:1']);
  const bytes = widthPx * heightPx * 3;
  return Array.from({ length: Math.floor(raw.length / bytes) }, (_unused, index) => ({ widthPx, heightPx, rgb: raw.subarray(index * bytes, (index + 1) * bytes) }));
}

/** Mono at {@link decodedRateHz}, -1 to 1. @throws {Error} with FFmpeg's words when the file has no sound that it can read. */
export async function decodeSound(ffmpegPath: string, path: string): Promise<Float32Array> {
  const raw = await ffmpeg(ffmpegPath, ['-i', path, '-map', '0:a:0', '-ac', '1', '-ar', String(decodedRateHz), '-f', 'f32le', 'pipe:1']);
  return new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + (raw.length & ~3)));
}

async function ffmpeg(program: string, args: readonly string[]): Promise<Buffer> {
  const { stdout } = await run(program, ['-hide_banner', '-loglevel', 'error', '-nostdin', ...args], { encoding: 'buffer', maxBuffer: maxOutputBytes });
  return stdout;
}
