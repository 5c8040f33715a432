// What a tile shows while its camera is off: a calm ground, a circle, initials.
import type { SKRSContext2D } from '@napi-rs/canvas';
import { avatarColour } from './avatar-colour.js';
import { initialsOf, normaliseDisplayName } from './display-name.js';
import { plainPicture, toOverlay, toYuv, type Picture } from './pictures.js';
import { blendOverlay } from './blend-overlay.js';
import { drawPixels, setFont } from './text-canvas.js';

export interface AvatarOptions {
  /** As the stranger sent it. */
  readonly name: string;
  /** The same seed gives the same colour: the participant's id. */
  readonly seed: string;
  /** Even, at least 2. */
  readonly widthPx: number;
  readonly heightPx: number;
}

/** Neutral, so that neighbours of any colour look alike on it; a little above black, so that the tile's edge is seen. */
const ground = toYuv([34, 38, 46]);

/** Of the tile's shorter side. */
const circleDiameter = 0.46;

/** Both of the circle's diameter: the size of the initials, and how wide they may become before they shrink. */
const fontSize = 0.4;
const widestText = 0.72;

const capital = /^\p{Lu}/u;
/** Middle to baseline of a capital: half of Noto Sans's capital height, in font sizes. */
const baselineBelowMiddle = 0.357;

/** A circle smaller than this cannot hold a letter. */
const smallestCirclePx = 12;

/** Renders the picture of a tile without a picture. A name without anything readable gets a head and shoulders. */
export function renderAvatar({ name, seed, widthPx, heightPx }: AvatarOptions): Picture {
  const picture = plainPicture(widthPx, heightPx, ground);
  const sidePx = 2 * Math.round((Math.min(widthPx, heightPx) * circleDiameter) / 2);
  if (sidePx < smallestCirclePx) return picture;
  const pixels = drawPixels(sidePx, sidePx, (context) => {
    context.beginPath();
    context.arc(sidePx / 2, sidePx / 2, sidePx / 2, 0, 2 * Math.PI);
    context.clip();
    context.fillStyle = avatarColour(seed);
    context.fillRect(0, 0, sidePx, sidePx);
    context.fillStyle = '#ffffff';
    drawInitials(context, initialsOf(normaliseDisplayName(name)), sidePx);
  });
  const evenMiddle = (whole: number): number => 2 * Math.round((whole - sidePx) / 4);
  const target = { data: [picture.y, picture.u, picture.v], linesize: [widthPx, widthPx / 2, widthPx / 2] } as const;
  blendOverlay(target, evenMiddle(widthPx), evenMiddle(heightPx), toOverlay(pixels, sidePx, sidePx));
  return picture;
}

function drawInitials(context: SKRSContext2D, initials: string, sidePx: number): void {
  if (initials === '') {
    drawPerson(context, sidePx);
    return;
  }
  let fontPx = Math.round(sidePx * fontSize);
  let { text } = setFont(context, initials, fontPx);
  const widest = sidePx * widestText;
  const { width } = context.measureText(text);
  if (width > widest) {
    fontPx = Math.floor((fontPx * widest) / width);
    ({ text } = setFont(context, initials, fontPx));
  }
  const { actualBoundingBoxAscent: ascent, actualBoundingBoxDescent: descent } = context.measureText(text);
  // Capitals share one line whatever accents they wear; everything else is centred by its ink.
  const belowMiddle = capital.test(text) ? fontPx * baselineBelowMiddle : (ascent - descent) / 2;
  context.textAlign = 'center';
  context.fillText(text, sidePx / 2, Math.round(sidePx / 2 + belowMiddle));
}

function drawPerson(context: SKRSContext2D, sidePx: number): void {
  context.beginPath();
  context.arc(sidePx / 2, sidePx * 0.4, sidePx * 0.16, 0, 2 * Math.PI);
  context.ellipse(sidePx / 2, sidePx * 0.92, sidePx * 0.3, sidePx * 0.3, 0, 0, 2 * Math.PI);
  context.fill();
}
