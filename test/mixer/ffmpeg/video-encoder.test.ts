import { expect } from 'chai';
import { MovingTexture } from '../../../bench/latency/moving-texture.js';
import { EncoderCadence } from '../../../mixer/ffmpeg/encoder-cadence.js';
import { NativePicture } from '../../../mixer/ffmpeg/native-picture.js';
import { VideoEncoder, type EncodedPicture } from '../../../mixer/ffmpeg/video-encoder.js';
import type { VideoCodec } from '../../../mixer/protocol.js';

const format = { widthPx: 640, heightPx: 360, fps: 30 };
const bitrateBps = 500_000;
const frameUs = 1_000_000 / format.fps;

/** Its picture with that number, on `picture`. */
function paint(texture: MovingTexture, index: number, picture: NativePicture): void {
  const { data } = texture.frame(index);
  let from = 0;
  for (const [plane, shift] of [[0, 0], [1, 1], [2, 1]] as const) {
    const [width, height] = [format.widthPx >> shift, format.heightPx >> shift];
    for (let row = 0; row < height; row += 1, from += width) picture.data[plane].set(data.subarray(from, from + width), row * picture.linesize[plane]);
  }
}

/** Encodes a moving picture for each of these times, in pictures since the beginning. */
async function encodeAt(codec: VideoCodec, times: readonly number[]): Promise<EncodedPicture[]> {
  const texture = new MovingTexture(format);
  const picture = new NativePicture(format.widthPx, format.heightPx);
  const encoder = await VideoEncoder.open({ codec, format, bitrateBps });
  const encoded: EncodedPicture[] = [];
  for (const [index, time] of times.entries()) {
    paint(texture, index, picture);
    encoded.push(...(await encoder.encode(picture, Math.round(time * frameUs), false)));
  }
  encoder.close();
  picture.close();
  return encoded;
}

/** Of the pictures from one time until before another. */
function bitsWithin(encoded: readonly EncodedPicture[], from: number, until: number): number {
  return encoded.filter(({ ptsUs }) => ptsUs >= Math.round(from * frameUs) && ptsUs < Math.round(until * frameUs)).reduce((sum, { data }) => sum + 8 * data.length, 0);
}

describe('VideoEncoder', () => {
  for (const codec of ['vp8', 'h264'] as const) {
    it(`keeps its bitrate in the second after a picture that is missing, and after a pause, and says when its pictures are shown, as ${codec}`, async () => {
      const missing = 90;
      const pause = { from: 150, until: 240 };
      const times = Array.from({ length: 300 }, (_, time) => time).filter((time) => time !== missing && (time < pause.from || time >= pause.until));
      const encoded = await encodeAt(codec, times);
      expect(encoded.map(({ ptsUs }) => ptsUs)).to.deep.equal(times.map((time) => Math.round(time * frameUs)));
      for (const from of [missing + 1, pause.until]) expect(bitsWithin(encoded, from, from + 30), `${from}`).to.be.within(0.7 * bitrateBps, 1.2 * bitrateBps);
    }).timeout(20_000);
  }

  it('keeps its bitrate where pictures come unevenly, as vp8', async () => {
    // 15 of 25 ticks a second, in pictures of 30.
    const encoded = await encodeAt('vp8', Array.from({ length: 100 }, (_, index) => (Math.floor((index * 25) / 15) * 30) / 25));
    expect(bitsWithin(encoded, 60, 180)).to.be.within(0.8 * 4 * bitrateBps, 1.1 * 4 * bitrateBps);
  }).timeout(20_000);

  it('uses its bitrate at half the frame rate, too, as vp8', async () => {
    const encoded = await encodeAt('vp8', [...Array.from({ length: 60 }, (_, time) => time), ...Array.from({ length: 60 }, (_, index) => 60 + 2 * index)]);
    expect(bitsWithin(encoded, 100, 160)).to.be.within(0.8 * 2 * bitrateBps, 1.2 * 2 * bitrateBps);
  }).timeout(20_000);
});

describe('EncoderCadence', () => {
  /** What each of these pictures is worth; the last one, for which there is no next, is not told. */
  function worths(fps: number, distancesUs: readonly number[]): number[] {
    const cadence = new EncoderCadence(fps);
    let ptsUs = 1_000_000;
    const starts = [0, ...distancesUs].map((distanceUs) => cadence.next((ptsUs += distanceUs)));
    expect(starts[0]).to.equal(0);
    return starts.slice(1).map((startUs, index) => startUs - (starts[index] ?? 0));
  }
  const repeated = (count: number, ...distancesUs: readonly number[]): number[] => Array.from({ length: count }, () => distancesUs).flat();

  it('runs on evenly over single pictures that are missing, and over pauses', () => {
    const distances = [...repeated(10, 33_333), 66_667, ...repeated(12, 33_333), 66_667, ...repeated(20, 33_333), 900_000, ...repeated(4, 1_000_000, 33_333)];
    for (const worthUs of worths(30, distances)) expect(worthUs).to.be.within(33_333, 1.07 * 33_333);
  });

  it('follows another frame rate within a second or two, and back', () => {
    const followed = worths(30, [...repeated(20, 33_333), ...repeated(40, 66_667), ...repeated(40, 33_333)]);
    expect(followed[19]).to.equal(33_333);
    expect(followed[59]).to.be.within(0.96 * 66_667, 66_667);
    expect(followed[99]).to.be.within(33_333, 1.04 * 33_333);
  });

  it('takes the mean where pictures come unevenly', () => {
    const patterns = [[15, 80_000, 40_000, 80_000], [30, 66_667, 33_333, 66_667], [30, 33_333, 66_667], [30, 33_333, 33_333, 66_667], [30, 40_000, 20_000, 40_000]] as const;
    for (const [fps, ...distances] of patterns) {
      const meanUs = distances.reduce((sum, distanceUs) => sum + distanceUs, 0) / distances.length;
      for (const worthUs of worths(fps, repeated(60, ...distances)).slice(100)) expect(worthUs, `${fps} ${distances.join(' ')}`).to.be.within(0.95 * meanUs, 1.05 * meanUs);
    }
  });

  it('takes pictures that come together for no higher frame rate', () => {
    expect(new Set(worths(30, repeated(20, 5_000)))).to.deep.equal(new Set([33_333]));
  });
});
