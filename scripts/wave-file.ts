/** RIFF WAVE files of 16-bit samples: what every player reads. */

export interface WaveSound {
  readonly sampleRateHz: number;
  /** One, or left and right, all of the same length; 1 is full scale, beyond it is cut. */
  readonly channels: readonly Float32Array[];
}

const headerBytes = 44;
const bytesPerSample = 2;
const pcm = 1;
const fullScale = 32_767;

export function makeWaveFile({ sampleRateHz, channels }: WaveSound): Buffer {
  const samples = channels[0]?.length ?? 0;
  const blockBytes = channels.length * bytesPerSample;
  const file = Buffer.alloc(headerBytes + samples * blockBytes);
  file.write('RIFF', 0);
  file.writeUInt32LE(file.length - 8, 4);
  file.write('WAVEfmt ', 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(pcm, 20);
  file.writeUInt16LE(channels.length, 22);
  file.writeUInt32LE(sampleRateHz, 24);
  file.writeUInt32LE(sampleRateHz * blockBytes, 28);
  file.writeUInt16LE(blockBytes, 32);
  file.writeUInt16LE(8 * bytesPerSample, 34);
  file.write('data', 36);
  file.writeUInt32LE(samples * blockBytes, 40);
  channels.forEach((channel, position) => {
    channel.forEach((sample, at) => {
      file.writeInt16LE(Math.round(fullScale * Math.max(-1, Math.min(1, sample))), headerBytes + at * blockBytes + position * bytesPerSample);
    });
  });
  return file;
}
