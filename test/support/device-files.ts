/** A camera and a microphone for Chromium's fake devices, as files that it plays in a loop: one colour, one tone. */
import { createWriteStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';
import { makeWaveFile } from '../../scripts/wave-file.js';
import { testColors, type TestColor } from './colored-tone-source.js';

export interface DeviceFiles {
  /** .y4m */
  readonly video: string;
  /** .wav */
  readonly audio: string;
}

export interface DeviceFilesOptions {
  readonly folder: string;
  readonly color: TestColor;
  readonly toneHz: number;
  readonly widthPx?: number;
  readonly heightPx?: number;
}

const fps = 15;
const frames = 15;
const barPx = 32;
const sampleRateHz = 48_000;
const amplitude = 0.3;
/** Browsers take a tone that never stops for a fan and filter it away; syllables pass. Each of whole periods of 50 Hz, so that the loop has no click. */
const syllableMs = 400;
const pauseMs = 100;
const syllables = 4;

export async function writeDeviceFiles({ folder, color, toneHz, widthPx = 640, heightPx = 360 }: DeviceFilesOptions): Promise<DeviceFiles> {
  const video = join(folder, `${color}.y4m`);
  const audio = join(folder, `${toneHz}.wav`);
  await writeColor(video, color, widthPx, heightPx);
  writeFileSync(audio, makeWave(toneHz));
  return { video, audio };
}

/** YUV4MPEG2: a line of header, then before each picture the word FRAME. */
async function writeColor(path: string, color: TestColor, widthPx: number, heightPx: number): Promise<void> {
  const { y, u, v } = testColors[color];
  const luma = widthPx * heightPx;
  const file = createWriteStream(path);
  file.write(`YUV4MPEG2 W${widthPx} H${heightPx} F${fps}:1 Ip A1:1 C420jpeg\n`);
  for (let frame = 0; frame < frames; frame += 1) {
    const picture = Buffer.alloc((luma * 3) / 2);
    picture.fill(y, 0, luma);
    picture.fill(u, luma, luma + luma / 4);
    picture.fill(v, luma + luma / 4);
    // Along the top, outside of what tests measure: no two pictures are the same.
    const left = Math.floor((frame * (widthPx - barPx)) / frames);
    for (let row = 0; row < 16; row += 1) picture.fill(128, row * widthPx + left, row * widthPx + left + barPx);
    file.write('FRAME\n');
    file.write(picture);
  }
  file.end();
  await once(file, 'finish');
}

function makeWave(toneHz: number): Buffer {
  const samplesPerTurn = ((syllableMs + pauseMs) * sampleRateHz) / 1000;
  const samples = Float32Array.from({ length: samplesPerTurn * syllables }, (_unused, at) => {
    const isPause = at % samplesPerTurn >= (syllableMs * sampleRateHz) / 1000;
    return isPause ? 0 : amplitude * Math.sin((2 * Math.PI * toneHz * at) / sampleRateHz);
  });
  return makeWaveFile({ sampleRateHz, channels: [samples] });
}
