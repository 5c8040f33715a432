import { expect } from 'chai';
import { liveNativeObjects } from '../../../mixer/ffmpeg/native-ledger.js';
import { NativePicture } from '../../../mixer/ffmpeg/native-picture.js';
import type { RotationDegrees, SceneTile } from '../../../mixer/protocol.js';
import { PicturePainter } from '../../../mixer/video/picture-painter.js';
import { black, blue, decodedPicture, expectPlain, green, paintPattern, red, white, type Pattern, type StreamOptions } from './plain-pictures.js';

/** Clockwise from the upper left corner. */
const corners: Pattern = [
  [red, green],
  [white, blue],
];

describe('picture painter', () => {
  let painter: PicturePainter;
  let target: NativePicture;
  beforeEach(() => {
    painter = new PicturePainter();
    target = new NativePicture(192, 96);
    paintPattern(target, [[{ y: 200, u: 30, v: 200 }]]);
  });
  afterEach(() => {
    painter.close();
    target.close();
    expect(liveNativeObjects()).to.equal(0);
  });

  async function paint(pattern: Pattern, fit: SceneTile['fit'], options: Omit<StreamOptions, 'patterns'>): Promise<void> {
    const picture = await decodedPicture(pattern, options);
    try {
      painter.paint(picture, fit, target);
    } finally {
      picture.close();
    }
  }

  const half = { width: 96, height: 48 };

  it('fills the target with a picture of its shape', async () => {
    await paint(corners, 'cover', { widthPx: 384, heightPx: 192 });
    expectPlain(target, { x: 0, y: 0, ...half }, red);
    expectPlain(target, { x: 96, y: 0, ...half }, green);
    expectPlain(target, { x: 0, y: 48, ...half }, white);
    expectPlain(target, { x: 96, y: 48, ...half }, blue);
  });

  it('copies a picture of its size', async () => {
    await paint(corners, 'letterbox', { widthPx: 192, heightPx: 96 });
    expectPlain(target, { x: 0, y: 0, ...half }, red);
    expectPlain(target, { x: 96, y: 48, ...half }, blue);
  });

  it('puts black beside a picture that is too narrow (letterbox)', async () => {
    await paint([[red]], 'letterbox', { widthPx: 96, heightPx: 96 });
    expectPlain(target, { x: 0, y: 0, width: 48, height: 96 }, black, 0);
    expectPlain(target, { x: 48, y: 0, width: 96, height: 96 }, red);
    expectPlain(target, { x: 144, y: 0, width: 48, height: 96 }, black, 0);
  });

  it('puts black above and below a picture that is too low (letterbox)', async () => {
    await paint([[red]], 'letterbox', { widthPx: 384, heightPx: 96 });
    expectPlain(target, { x: 0, y: 0, width: 192, height: 24 }, black, 0);
    expectPlain(target, { x: 0, y: 24, width: 192, height: 48 }, red);
    expectPlain(target, { x: 0, y: 72, width: 192, height: 24 }, black, 0);
  });

  it('cuts the sides of a picture that is too wide (cover)', async () => {
    // Of 288 columns the middle 192 remain: all of the middle third and half of each other one.
    await paint([[red, green, blue]], 'cover', { widthPx: 288, heightPx: 96 });
    expectPlain(target, { x: 0, y: 0, width: 48, height: 96 }, red);
    expectPlain(target, { x: 48, y: 0, width: 96, height: 96 }, green);
    expectPlain(target, { x: 144, y: 0, width: 48, height: 96 }, blue);
  });

  it('cuts top and bottom of a picture that is too high (cover)', async () => {
    await paint([[red], [green], [blue]], 'cover', { widthPx: 192, heightPx: 144 });
    expectPlain(target, { x: 0, y: 0, width: 192, height: 24 }, red);
    expectPlain(target, { x: 0, y: 24, width: 192, height: 48 }, green);
    expectPlain(target, { x: 0, y: 72, width: 192, height: 24 }, blue);
  });

  it('letterboxes what covering would cut to less than a quarter', async () => {
    await paint([[red]], 'cover', { widthPx: 64, heightPx: 320 });
    expectPlain(target, { x: 0, y: 0, width: 80, height: 96 }, black, 0);
    expectPlain(target, { x: 88, y: 0, width: 16, height: 96 }, red);
  });

  it('takes pictures with an odd number of chroma rows', async () => {
    const picture = await decodedPicture([[red]], { widthPx: 160, heightPx: 90 });
    painter.paint(picture, 'cover', target);
    picture.close();
    expectPlain(target, { x: 0, y: 0, width: 192, height: 96 }, red);
  });

  const turned: Readonly<Record<RotationDegrees, Pattern>> = {
    0: corners,
    90: [
      [white, red],
      [blue, green],
    ],
    180: [
      [blue, white],
      [green, red],
    ],
    270: [
      [green, blue],
      [red, white],
    ],
  };

  for (const rotationDegrees of [0, 90, 180, 270] as const) {
    const upright = rotationDegrees % 180 === 0;
    const [[upperLeft, upperRight], [lowerLeft, lowerRight]] = turned[rotationDegrees] as [[typeof red, typeof red], [typeof red, typeof red]];

    it(`turns by ${rotationDegrees} degrees clockwise`, async () => {
      await paint(corners, 'letterbox', { rotationDegrees, widthPx: upright ? 192 : 96, heightPx: upright ? 96 : 192 });
      expectPlain(target, { x: 0, y: 0, ...half }, upperLeft);
      expectPlain(target, { x: 96, y: 0, ...half }, upperRight);
      expectPlain(target, { x: 0, y: 48, ...half }, lowerLeft);
      expectPlain(target, { x: 96, y: 48, ...half }, lowerRight);
    });

    it(`turns by ${rotationDegrees} degrees and fits a square into the middle`, async () => {
      await paint(corners, 'letterbox', { rotationDegrees, widthPx: 128, heightPx: 128 });
      expectPlain(target, { x: 0, y: 0, width: 48, height: 96 }, black, 0);
      expectPlain(target, { x: 48, y: 0, width: 48, height: 48 }, upperLeft);
      expectPlain(target, { x: 96, y: 48, width: 48, height: 48 }, lowerRight);
      expectPlain(target, { x: 144, y: 0, width: 48, height: 96 }, black, 0);
    });

    it(`turns by ${rotationDegrees} degrees and covers with a square`, async () => {
      await paint(corners, 'cover', { rotationDegrees, widthPx: 128, heightPx: 128 });
      expectPlain(target, { x: 0, y: 0, ...half }, upperLeft);
      expectPlain(target, { x: 96, y: 0, ...half }, upperRight);
      expectPlain(target, { x: 0, y: 48, ...half }, lowerLeft);
      expectPlain(target, { x: 96, y: 48, ...half }, lowerRight);
    });
  }
});
