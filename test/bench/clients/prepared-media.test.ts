import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { loopSeconds, pictureArguments, pictureFormat, pictureSizes, preparedPeople } from '../../../bench/clients/media-recipes.js';
import { PreparedMedia } from '../../../bench/clients/prepared-media.js';
import { opusPacketSamples } from '../../../src/rtp/opus-payload.js';
import { readVp8KeyframeSize } from '../../../src/rtp/vp8-payload.js';
import { averageColors } from '../../support/encoded-media.js';

const framesPerLoop = loopSeconds * pictureFormat.fps;
const keyframeInterval = 90;

type Color = readonly [red: number, green: number, blue: number];

/** 1 for two colours of one hue, -1 for opposite ones, however light or pale they are. */
function hueLikeness(one: Color, other: Color): number {
  const [a, b] = [one, other].map((color) => color.map((channel) => channel - (color[0] + color[1] + color[2]) / 3));
  const dot = (left: readonly number[] = [], right: readonly number[] = []): number => left.reduce((sum, value, index) => sum + value * (right[index] ?? 0), 0);
  return dot(a, b) / (Math.sqrt(dot(a, a) * dot(b, b)) || 1);
}

describe('prepared media', function () {
  // Where nobody has run it before, FFmpeg encodes five pictures first.
  this.timeout(60_000);
  const media = new PreparedMedia();

  for (const codec of ['vp8', 'h264'] as const) {
    it(`has a loop in ${codec} of about 600 kbps, with a keyframe each 3 s and at its beginning`, async () => {
      const { frames } = await media.picture(codec, 0);
      expect(frames).to.have.lengthOf(framesPerLoop);
      const keyframes = frames.flatMap(({ keyframe }, index) => (keyframe ? [index] : []));
      expect(keyframes).to.deep.equal(Array.from({ length: framesPerLoop / keyframeInterval }, (_unused, index) => index * keyframeInterval));
      const kbps = (frames.reduce((sum, { data }) => sum + data.length, 0) * 8) / loopSeconds / 1000;
      expect(kbps).to.be.within(450, 700);
    });
  }

  it('has the same scene in smaller sizes, with fewer bits', () => {
    const [largest = [], ...smaller] = pictureSizes.map((size) => pictureArguments('vp8', 0, size));
    const kbps = [largest, ...smaller].map((words) => Number(/^(\d+)k$/.exec(words[words.indexOf('-b:v') + 1] ?? '')?.[1]));
    expect(kbps).to.deep.equal([1697, 600, 327, 212, 152]);
    for (const [index, { widthPx, heightPx }] of pictureSizes.entries()) {
      const graph = [largest, ...smaller][index]?.[1] ?? '';
      expect(graph.includes(`scale=${widthPx}:${heightPx},`), `${widthPx}`).to.equal(widthPx !== pictureFormat.widthPx);
    }
    expect(pictureArguments('vp8', 0)).to.deep.equal(pictureArguments('vp8', 0, pictureFormat));
  });

  // Those of the demo, which has no more to make then.
  for (const [person, { name }] of preparedPeople.slice(0, 4).entries()) {
    it(`shows ${name} in his own colour`, async () => {
      const { frames, path } = await media.picture('vp8', person);
      expect(readVp8KeyframeSize(frames[0]!.data)).to.deep.equal({ widthPx: pictureFormat.widthPx, heightPx: pictureFormat.heightPx });
      const colors = await averageColors(path);
      expect(colors).to.have.lengthOf(framesPerLoop);
      for (const color of colors) {
        expect(Math.max(...color) - Math.min(...color), color.join(' ')).to.be.greaterThan(50);
        const likeness = preparedPeople.map((one) => hueLikeness(one.color, color));
        expect(likeness.indexOf(Math.max(...likeness)), color.join(' ')).to.equal(person);
      }
    });
  }

  it('has speech with its levels: phrases, and pauses between them', async () => {
    const { packets } = await media.sound(0);
    expect(packets).to.have.lengthOf(loopSeconds * 50);
    expect(packets.every(({ data }) => opusPacketSamples(data) === 960)).to.equal(true);
    const talking = packets.filter(({ levelDbov }) => levelDbov > -40).length / packets.length;
    const still = packets.filter(({ levelDbov }) => levelDbov < -100).length / packets.length;
    expect(talking).to.be.within(0.7, 0.78);
    expect(still).to.be.within(0.22, 0.26);
  });

  it('has silence for a microphone that is on', async () => {
    const { packets } = await media.sound('silent');
    expect(packets).to.have.lengthOf(loopSeconds * 50);
    expect(new Set(packets.map(({ levelDbov }) => levelDbov))).to.deep.equal(new Set([-127]));
  });

  it('is made once, and leaves nothing half done', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tessera-test-'));
    try {
      const made: string[] = [];
      const first = new PreparedMedia({ folder, onMaking: (fileName) => made.push(fileName) });
      const [one, same] = await Promise.all([first.sound('silent'), first.sound('silent')]);
      const again = await new PreparedMedia({ folder, onMaking: (fileName) => made.push(fileName) }).sound('silent');
      expect(made).to.have.lengthOf(1);
      expect(same).to.equal(one);
      expect(again.packets).to.deep.equal(one.packets);
      expect((await readdir(folder)).sort()).to.deep.equal([made[0], `${made[0]}.levels`]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('fails with what FFmpeg says, or that there is none', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tessera-test-'));
    try {
      const failed = await new PreparedMedia({ folder, ffmpegPath: '/nowhere/ffmpeg' }).sound('silent').catch((error: unknown) => error);
      expect(String(failed)).to.contain('/nowhere/ffmpeg');
      expect(await readdir(folder)).to.deep.equal([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
