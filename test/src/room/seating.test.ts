import { expect } from 'chai';
import type { LayoutTemplate } from '../../../layouts/index.js';
import { loadLayouts } from '../../../layouts/load-layouts.js';
import { buildScene, type SeatedPerson } from '../../../src/room/seating.js';

const canvas = { widthPx: 1280, heightPx: 720, fps: 30 };
const layouts = loadLayouts();

function layout(name: string): LayoutTemplate {
  const template = layouts.find(name);
  if (template === undefined) throw new Error(name);
  return template;
}

function person(id: string, changes: Partial<SeatedPerson> = {}): SeatedPerson {
  const nobody = { lastShownUs: Number.NEGATIVE_INFINITY, cameraAspectRatio: undefined, screenAspectRatio: undefined };
  return { id, name: `Name of ${id}`, audio: true, video: true, screen: false, speaking: false, ...nobody, ...changes };
}

function people(count: number): SeatedPerson[] {
  return Array.from({ length: count }, (_unused, index) => person(`p${index}`));
}

/** Who sits where, in the order of the tiles. */
function seats(template: string, all: readonly SeatedPerson[], dominant: string | null): string[] {
  return buildScene(layout(template), canvas, all, dominant).tiles.map(({ participantId, source }) => (source === 'screen' ? `${participantId}'s screen` : participantId));
}

describe('buildScene', () => {
  it('says of a tile whose it is and what to draw on it', () => {
    const { tiles } = buildScene(layout('grid'), canvas, [person('ann', { speaking: true }), person('ben', { audio: false, video: false })], 'ann');
    const common = { source: 'camera', fit: 'cover', showName: true } as const;
    expect(tiles).to.deep.equal([
      { ...common, participantId: 'ann', name: 'Name of ann', rectangle: { x: 0, y: 180, width: 640, height: 360 }, speaking: true, muted: false, live: true },
      { ...common, participantId: 'ben', name: 'Name of ben', rectangle: { x: 640, y: 180, width: 640, height: 360 }, speaking: false, muted: true, live: false },
    ]);
  });

  it('shows nothing of an empty room', () => {
    for (const name of ['grid', 'speaker', 'presentation', 'single']) expect(seats(name, [], null), name).to.deep.equal([]);
  });

  it('leaves everybody in a grid where he is, whoever speaks', () => {
    const four = [...people(3), person('p3', { speaking: true, lastShownUs: 9 })];
    expect(seats('grid', four, 'p3')).to.deep.equal(['p0', 'p1', 'p2', 'p3']);
  });

  it('gives the speaker the large seat, and the others theirs in the order in which they came', () => {
    const { tiles } = buildScene(layout('speaker'), canvas, people(4), 'p2');
    expect(tiles.map(({ participantId }) => participantId)).to.deep.equal(['p2', 'p0', 'p1', 'p3']);
    expect(tiles[0]?.rectangle).to.deep.equal({ x: 0, y: 0, width: 1024, height: 720 });
  });

  it('takes the first comer for the large seat while nobody has spoken, and when the speaker has gone', () => {
    expect(seats('speaker', people(3), null)).to.deep.equal(['p0', 'p1', 'p2']);
    expect(seats('speaker', people(3), 'gone')).to.deep.equal(['p0', 'p1', 'p2']);
  });

  it('shows those who spoke last where there are more people than tiles, each in his place', () => {
    const nine = people(9).map((one, index) => (index === 8 ? { ...one, lastShownUs: 500 } : index === 6 ? { ...one, lastShownUs: 300 } : one));
    // Six tiles: the two who spoke, and four of those who came first.
    expect(seats('speaker', nine, 'p8')).to.deep.equal(['p8', 'p0', 'p1', 'p2', 'p3', 'p6']);
  });

  it('keeps a grid of 49 for those who spoke last of 60, without moving one of them for another', () => {
    const many = people(60).map((one, index) => (index >= 58 ? { ...one, lastShownUs: index } : one));
    expect(seats('grid', many, 'p59')).to.deep.equal([...people(47).map(({ id }) => id), 'p58', 'p59']);
  });

  it('shows only the speaker in `single`', () => {
    const three = [person('ann'), person('ben', { lastShownUs: 7 }), person('eve')];
    expect(seats('single', three, 'ben')).to.deep.equal(['ben']);
  });

  it('puts a shared screen first, and its owner beside it as everybody else', () => {
    const three = [person('ann'), person('ben', { screen: true, speaking: true, audio: false }), person('eve')];
    expect(seats('presentation', three, 'eve')).to.deep.equal(["ben's screen", 'ann', 'ben', 'eve']);
    const [screen] = buildScene(layout('presentation'), canvas, three, 'eve').tiles;
    expect(screen, 'a screen does not speak and is not muted').to.include({ speaking: false, muted: false, live: true, fit: 'letterbox' });
    expect(screen?.rectangle).to.deep.equal({ x: 0, y: 0, width: 1088, height: 720 });
  });

  it('gives the speaker of a presentation without a screen its large seat', () => {
    expect(seats('presentation', people(3), 'p1')).to.deep.equal(['p1', 'p0', 'p2']);
  });

  it('letterboxes an upright camera that a wide tile would cut to a stripe', () => {
    const upright = person('ann', { cameraAspectRatio: 9 / 16 });
    const [tile] = buildScene(layout('grid'), canvas, [upright], null).tiles;
    expect(tile?.fit).to.equal('letterbox');
    expect(buildScene(layout('grid'), canvas, [person('ann', { cameraAspectRatio: 4 / 3 })], null).tiles[0]?.fit).to.equal('cover');
  });
});
