/** The numbered camera and the made voice as files that Chromium's fake devices play in a loop. */
import { createWriteStream, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { y4mFrameHeader, y4mHeader, type DeviceFiles } from '../../test/support/device-files.js';
import { makeWaveFile } from '../../scripts/wave-file.js';
import { MovingTexture } from '../latency/moving-texture.js';
import { paintTimeCode } from '../latency/time-code.js';
import { MadeVoice } from './made-voice.js';

export const recordedCamera = { widthPx: 640, heightPx: 360, fps: 30 } as const;
/** Longer than any pause that is measured, or a number would come again before it is missed; 83 MB of file. */
const usualSeconds = 8;
const sampleRateHz = 48_000;
/** Of the made voice's 16-bit samples, as wave files count. */
const fullScale = 32_767;

export async function writeDeviceRecording({ folder, seconds = usualSeconds }: { readonly folder: string; readonly seconds?: number }): Promise<DeviceFiles> {
  const video = join(folder, 'numbers.y4m');
  const audio = join(folder, 'voice.wav');
  const file = createWriteStream(video);
  file.write(y4mHeader(recordedCamera));
  const texture = new MovingTexture(recordedCamera);
  for (let index = 0; index < seconds * recordedCamera.fps; index += 1) {
    const picture = texture.frame(index);
    paintTimeCode(picture, index);
    file.write(y4mFrameHeader);
    if (!file.write(picture.data)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'finish');
  const samples = new Int16Array(seconds * sampleRateHz);
  new MadeVoice().fill(samples);
  writeFileSync(audio, makeWaveFile({ sampleRateHz, channels: [Float32Array.from(samples, (sample) => sample / fullScale)] }));
  return { video, audio };
}
