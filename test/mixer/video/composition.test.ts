import { expect } from 'chai';
import type { DecodedPicture } from '../../../mixer/ffmpeg/decoded-picture.js';
import { liveNativeObjects } from '../../../mixer/ffmpeg/native-ledger.js';
import type { SceneTile, VideoSource } from '../../../mixer/protocol.js';
import { Canvas } from '../../../mixer/video/canvas.js';
import { Composition } from '../../../mixer/video/composition.js';
import type { TileInput } from '../../../mixer/video/tile.js';
import { avatarColour, FakeLettering, labelBox } from './fake-lettering.js';
import { black, blue, colourAt, decodedPicture, expectColour, expectPlain, green, paintPattern, red, white } from './plain-pictures.js';

const format = { widthPx: 640, heightPx: 360, fps: 30 };
const accent = { y: 153, u: 144, v: 56 };

class FakeInput implements TileInput {
  picture: DecodedPicture | undefined;
  pictureVersion = 0;
  pictureTakenUs = 0;

  show(picture: DecodedPicture | undefined, nowUs: number): void {
    this.picture = picture;
    this.pictureVersion += 1;
    this.pictureTakenUs = nowUs;
  }
}

const left = { x: 0, y: 0, width: 320, height: 180 };
const right = { x: 320, y: 0, width: 320, height: 180 };
const below = { x: 160, y: 180, width: 320, height: 180 };

function tile(participantId: string, rectangle: SceneTile['rectangle'], changes: Partial<SceneTile> = {}): SceneTile {
  return { participantId, source: 'camera', rectangle, fit: 'cover', name: participantId, showName: false, speaking: false, muted: false, live: true, ...changes };
}

describe('composition', () => {
  let lettering: FakeLettering;
  let inputs: Map<string, FakeInput>;
  let faults: string[];
  let composition: Composition;
  let canvas: Canvas;
  let pictures: Record<'red' | 'green' | 'blue', DecodedPicture>;

  beforeEach(async () => {
    lettering = new FakeLettering();
    inputs = new Map(['ann', 'bob', 'cy'].map((id) => [id, new FakeInput()]));
    faults = [];
    composition = new Composition({
      format,
      lettering,
      findInput: (participantId: string, source: VideoSource) => inputs.get(source === 'camera' ? participantId : `${participantId} ${source}`),
      onFault: (participantId, message) => faults.push(`${participantId}: ${message}`),
    });
    canvas = new Canvas(format.widthPx, format.heightPx);
    const size = { widthPx: 160, heightPx: 90 };
    pictures = { red: await decodedPicture([[red]], size), green: await decodedPicture([[green]], size), blue: await decodedPicture([[blue]], size) };
  });
  afterEach(() => {
    composition.close();
    canvas.close();
    for (const picture of Object.values(pictures)) picture.close();
    expect(liveNativeObjects()).to.equal(0);
    expect(faults).to.be.empty;
  });

  function draw(nowUs = 0, on = canvas): void {
    composition.decide(nowUs);
    expect(composition.draw(on, () => true)).to.be.true;
  }

  it('puts each picture into its rectangle and black beside them', () => {
    inputs.get('ann')?.show(pictures.red, 0);
    inputs.get('bob')?.show(pictures.green, 0);
    inputs.get('cy')?.show(pictures.blue, 0);
    composition.setScene({ tiles: [tile('ann', left), tile('bob', right), tile('cy', below)] });
    draw();
    expectPlain(canvas.picture, left, red, 0);
    expectPlain(canvas.picture, right, green, 0);
    expectPlain(canvas.picture, below, blue, 0);
    expectPlain(canvas.picture, { x: 0, y: 180, width: 160, height: 180 }, black, 0);
    expectPlain(canvas.picture, { x: 480, y: 180, width: 160, height: 180 }, black, 0);
  });

  it('takes over a new scene with the next draw, and leaves nothing of the old one', () => {
    inputs.get('ann')?.show(pictures.red, 0);
    inputs.get('bob')?.show(pictures.green, 0);
    composition.setScene({ tiles: [tile('ann', left), tile('bob', right)] });
    draw();
    const before = composition.contentVersion;
    composition.setScene({ tiles: [tile('bob', below)] });
    expect(composition.contentVersion).not.to.equal(before);
    draw();
    expectPlain(canvas.picture, { x: 0, y: 0, width: 640, height: 180 }, black, 0);
    expectPlain(canvas.picture, below, green, 0);
  });

  it('draws only what changed since this canvas was drawn', () => {
    const other = new Canvas(format.widthPx, format.heightPx);
    inputs.get('ann')?.show(pictures.red, 0);
    inputs.get('bob')?.show(pictures.green, 0);
    composition.setScene({ tiles: [tile('ann', left), tile('bob', right)] });
    draw();
    draw(0, other);
    const { contentVersion } = composition;
    composition.decide(10);
    expect(composition.contentVersion, 'nothing changed').to.equal(contentVersion);
    // Scribbles show what is not drawn again.
    paintPattern(canvas.picture, [[white]]);
    inputs.get('bob')?.show(pictures.blue, 20);
    draw(20);
    expect(composition.contentVersion).not.to.equal(contentVersion);
    expectPlain(canvas.picture, left, white, 0);
    expectPlain(canvas.picture, right, blue, 0);
    expectPlain(other.picture, right, green, 0);
    draw(20, other);
    expectPlain(other.picture, left, red, 0);
    expectPlain(other.picture, right, blue, 0);
    other.close();
  });

  it('dims a camera after one second without a picture and shows the avatar after two', () => {
    inputs.get('ann')?.show(pictures.red, 1_000_000);
    composition.setScene({ tiles: [tile('ann', left)] });
    draw(1_999_999);
    expectPlain(canvas.picture, left, red, 0);
    draw(2_000_000);
    const dimmed = colourAt(canvas.picture, 100, 100);
    expect(dimmed.y).to.be.within(40, 50);
    expect(dimmed.v).to.be.within(170, 185);
    draw(3_000_000);
    expectPlain(canvas.picture, left, avatarColour, 0);
    inputs.get('ann')?.show(pictures.red, 3_500_000);
    draw(3_500_000);
    expectPlain(canvas.picture, left, red, 0);
  });

  it('keeps a still shared screen bright for ten seconds', () => {
    const screen = new FakeInput();
    inputs.set('ann screen', screen);
    screen.show(pictures.blue, 0);
    composition.setScene({ tiles: [tile('ann', left, { source: 'screen' })] });
    draw(9_900_000);
    expectPlain(canvas.picture, left, blue, 0);
    draw(10_000_000);
    expectPlain(canvas.picture, left, avatarColour, 0);
  });

  it('shows the avatar at once where the source is off, unknown, or has no picture', () => {
    inputs.get('ann')?.show(pictures.red, 0);
    composition.setScene({ tiles: [tile('ann', left, { live: false }), tile('bob', right), tile('stranger', below)] });
    draw();
    for (const rectangle of [left, right, below]) expectPlain(canvas.picture, rectangle, avatarColour, 0);
    composition.setScene({ tiles: [tile('ann', left), tile('bob', right), tile('stranger', below)] });
    draw();
    expectPlain(canvas.picture, left, red, 0);
  });

  it('draws calm ground until the avatar is rendered, and never waits for lettering', () => {
    lettering.hold();
    composition.setScene({ tiles: [tile('ann', left, { showName: true })] });
    draw();
    expectPlain(canvas.picture, left, { y: 48, u: 132, v: 126 }, 0);
    lettering.release();
    draw();
    expectColour(canvas.picture, 100, 100, avatarColour);
    expectPlain(canvas.picture, labelBox, white, 2);
  });

  it('frames who speaks, in 4 px on 720 rows, inside the tile', () => {
    inputs.get('ann')?.show(pictures.red, 0);
    composition.setScene({ tiles: [tile('ann', left, { speaking: true })] });
    draw();
    expectPlain(canvas.picture, { x: 0, y: 0, width: 320, height: 2 }, accent, 0);
    expectPlain(canvas.picture, { x: 0, y: 178, width: 320, height: 2 }, accent, 0);
    expectPlain(canvas.picture, { x: 0, y: 0, width: 2, height: 180 }, accent, 0);
    expectPlain(canvas.picture, { x: 318, y: 0, width: 2, height: 180 }, accent, 0);
    expectPlain(canvas.picture, { x: 2, y: 2, width: 316, height: 176 }, red, 0);
    expectColour(canvas.picture, 320, 90, black);
    composition.setScene({ tiles: [tile('ann', left)] });
    draw();
    expectPlain(canvas.picture, left, red, 0);
  });

  it('lays the name over each picture, and takes a new one when name or microphone change', () => {
    inputs.get('ann')?.show(pictures.red, 0);
    composition.setScene({ tiles: [tile('ann', left, { showName: true })] });
    draw();
    expectPlain(canvas.picture, labelBox, white, 0);
    expectColour(canvas.picture, 40, 10, red);
    inputs.get('ann')?.show(pictures.green, 10);
    draw(10);
    expectPlain(canvas.picture, labelBox, white, 0);
    expectColour(canvas.picture, 40, 10, green);
    composition.setScene({ tiles: [tile('ann', left, { showName: true, muted: true })] });
    composition.setScene({ tiles: [tile('ann', left, { showName: true, muted: true, speaking: true })] });
    expect(lettering.labels).to.deep.equal(['ann', 'ann muted']);
    composition.setScene({ tiles: [tile('ann', left)] });
    draw(20);
    expectPlain(canvas.picture, left, green, 0);
  });

  it('keeps what lies above above', () => {
    inputs.get('ann')?.show(pictures.red, 0);
    inputs.get('bob')?.show(pictures.green, 0);
    const inset = { x: 200, y: 100, width: 96, height: 54 };
    composition.setScene({ tiles: [tile('ann', left), tile('bob', inset)] });
    draw();
    inputs.get('ann')?.show(pictures.blue, 10);
    draw(10);
    expectPlain(canvas.picture, inset, green, 0);
    expectColour(canvas.picture, 20, 20, blue);
  });

  it('lets go between tiles and goes on where it was', () => {
    for (const [id, name] of [['ann', 'red'], ['bob', 'green'], ['cy', 'blue']] as const) inputs.get(id)?.show(pictures[name], 0);
    composition.setScene({ tiles: [tile('ann', left), tile('bob', right), tile('cy', below)] });
    composition.decide(0);
    let stretches = 1;
    while (!composition.draw(canvas, () => false)) stretches += 1;
    expect(stretches).to.equal(4);
    expectPlain(canvas.picture, left, red, 0);
    expectPlain(canvas.picture, right, green, 0);
    expectPlain(canvas.picture, below, blue, 0);
    expect(canvas.contentVersion).to.equal(composition.contentVersion);
  });

  it('refuses tiles that are not on even pixels of the canvas, and keeps the scene', () => {
    inputs.get('ann')?.show(pictures.red, 0);
    composition.setScene({ tiles: [tile('ann', left)] });
    for (const rectangle of [
      { ...left, x: 1 },
      { ...left, height: 179 },
      { ...left, x: 322 },
      { ...left, y: -2 },
      { ...left, width: 0 },
      { ...left, height: 362 },
      { ...left, x: Number.NaN },
    ]) {
      expect(() => composition.setScene({ tiles: [tile('bob', rectangle)] })).to.throw(RangeError, 'bob');
    }
    draw();
    expectPlain(canvas.picture, left, red, 0);
  });
});
