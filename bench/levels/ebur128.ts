/** Loudness and true peak as FFmpeg's `ebur128` has them (ITU-R BS.1770 and EBU R 128, by other people's code): what our meters and limiter are held against. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { findFfmpeg } from '../../mixer/output/ffmpeg-program.js';

export interface Ebur128 {
  readonly integratedLufs: number;
  readonly truePeakDb: number;
}

/** Both are told with one decimal. @param samples mono, 48 kHz */
export async function ebur128(samples: Float32Array): Promise<Ebur128> {
  const input = ['-f', 'f32le', '-ar', '48000', '-ac', '1', '-i', 'pipe:0'];
  const child = spawn(findFfmpeg(process.env['FFMPEG_PATH'] ?? '', process.env['PATH']), ['-hide_banner', '-nostats', ...input, '-af', 'ebur128=peak=true:framelog=verbose', '-f', 'null', '-'], { stdio: ['pipe', 'ignore', 'pipe'] });
  let told = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (told += text));
  child.stdin.end(Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength));
  await once(child, 'close');
  return { integratedLufs: read(told, /Integrated loudness:\s+I:\s+(\S+) LUFS/), truePeakDb: read(told, /True peak:\s+Peak:\s+(\S+) dBFS/) };
}

function read(told: string, pattern: RegExp): number {
  const [, value] = pattern.exec(told) ?? [];
  if (value === undefined) throw new Error(`FFmpeg's ebur128 said something else:\n${told}`);
  return Number(value);
}
