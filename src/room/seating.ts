/** Who sits where: pure. Participants in the order in which they joined, the speaker order and a layout become the tiles of a scene. */
import type { LayoutTemplate, PlacedTile, Seat } from '../../layouts/index.js';
import { placeTiles } from '../../layouts/index.js';
import type { Scene, SceneTile, VideoFormat } from '../../mixer/index.js';

export interface SeatedPerson {
  readonly id: string;
  readonly name: string;
  readonly audio: boolean;
  readonly video: boolean;
  readonly screen: boolean;
  readonly speaking: boolean;
  /** Room time at which this one was last the one to show large; -Infinity for never. */
  readonly lastShownUs: number;
  readonly cameraAspectRatio: number | undefined;
  readonly screenAspectRatio: number | undefined;
}

const cameraPrefix = 'camera:';
const screenPrefix = 'screen:';

export function buildScene(template: LayoutTemplate, canvas: VideoFormat, people: readonly SeatedPerson[], shown: string | null): Scene {
  const size = { widthPx: canvas.widthPx, heightPx: canvas.heightPx };
  const byId = new Map(people.map((person) => [person.id, person]));
  const screens = people.filter((person) => person.screen).map(screenSeat);
  const everyone = hasSpeakerSeat(template, screens.length) ? speakerFirst(people, shown) : people;
  let placed = placeTiles(template, size, [...screens, ...everyone.map(cameraSeat)]);
  const cameraTiles = placed.filter((tile) => tile.seatId.startsWith(cameraPrefix)).length;
  // Too many for the layout: those who spoke last are seen, each at the place that joining gave him, so that tiles do not dance.
  if (cameraTiles < everyone.length) placed = placeTiles(template, size, [...screens, ...mostRecent(everyone, cameraTiles).map(cameraSeat)]);
  return { tiles: placed.flatMap((tile) => toSceneTile(tile, byId)) };
}

/** In a grid nobody changes places because somebody speaks; a region for one person that no screen takes is the speaker's. */
function hasSpeakerSeat(template: LayoutTemplate, screens: number): boolean {
  return template.variants.some((variant) => variant.regions.filter((region) => region.kind === 'seat').length > screens);
}

function speakerFirst(people: readonly SeatedPerson[], shown: string | null): readonly SeatedPerson[] {
  const speaker = people.find((person) => person.id === shown);
  return speaker === undefined ? people : [speaker, ...people.filter((person) => person !== speaker)];
}

/** The `count` people to show out of an ordered list, in that order. The first keeps his seat: it is the speaker's where there is one. */
function mostRecent(people: readonly SeatedPerson[], count: number): readonly SeatedPerson[] {
  const chosen = new Set(
    people
      .map((person, position) => ({ person, position }))
      .sort((a, b) => compareDescending(a.person.lastShownUs, b.person.lastShownUs) || a.position - b.position)
      .slice(0, count)
      .map(({ person }) => person),
  );
  return people.filter((person) => chosen.has(person));
}

/** Infinities of the same sign are equal here; subtracting them would be NaN. */
function compareDescending(a: number, b: number): number {
  return a === b ? 0 : a > b ? -1 : 1;
}

function cameraSeat(person: SeatedPerson): Seat {
  return { id: cameraPrefix + person.id, screen: false, ...(person.cameraAspectRatio === undefined ? {} : { aspectRatio: person.cameraAspectRatio }) };
}

function screenSeat(person: SeatedPerson): Seat {
  return { id: screenPrefix + person.id, screen: true, ...(person.screenAspectRatio === undefined ? {} : { aspectRatio: person.screenAspectRatio }) };
}

function toSceneTile(tile: PlacedTile, byId: ReadonlyMap<string, SeatedPerson>): SceneTile[] {
  const isScreen = tile.seatId.startsWith(screenPrefix);
  const person = byId.get(tile.seatId.slice(isScreen ? screenPrefix.length : cameraPrefix.length));
  if (person === undefined) return [];
  return [
    {
      participantId: person.id,
      source: isScreen ? 'screen' : 'camera',
      rectangle: tile.rectangle,
      fit: tile.fit,
      name: person.name,
      showName: tile.showName,
      // A shared screen does not speak: the border goes round the person.
      speaking: !isScreen && person.speaking,
      muted: !isScreen && !person.audio,
      live: isScreen ? person.screen : person.video,
    },
  ];
}
