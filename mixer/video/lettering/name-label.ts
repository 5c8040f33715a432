// The pill with a participant's name at the bottom left of his tile.
import type { SKRSContext2D } from '@napi-rs/canvas';
import { graphemesOf, normaliseDisplayName } from './display-name.js';
import { toOverlay, type Overlay } from './pictures.js';
import { drawPixels, setFont } from './text-canvas.js';

export interface NameLabelOptions {
  /** As the stranger sent it. */
  readonly name: string;
  /** Of the tile that the label lies on. */
  readonly tileWidthPx: number;
  readonly tileHeightPx: number;
  /** Draws the struck-out microphone. Default false. */
  readonly muted?: boolean;
}

/** An overlay with its place within the tile, both even. */
export interface NameLabel extends Overlay {
  readonly offsetXPx: number;
  readonly offsetYPx: number;
}

/** Read well on a phone at 16 px in a tile of 360; smaller than 11 px no script stays readable, larger than 30 a name shouts. */
const fontByTileHeight = 0.045;
const smallestFontPx = 11;
const largestFontPx = 30;

/** Multiples of the font size. The height leaves room for Thai tone marks above and Arabic tails below. */
const pillHeight = 1.7;
const padding = 0.6;
const iconWidth = 0.8;
const iconGap = 0.3;
const marginToTile = 0.4;
const cornerRadius = 0.45;

/** From the pill's middle down to the baseline: half of Noto Sans's capital height (0.714), so that capitals stand in the middle. */
const baselineBelowMiddle = 0.357;

/** In font sizes. A letter under a tower of marks stays in sight. */
const largestShift = 0.2;

/** Dark enough for white text on a white picture, light enough to show that the picture goes on below. */
const pillColour = 'rgba(17, 20, 26, 0.72)';
const textColour = '#ffffff';
const mutedColour = '#ff7b72';
const ellipsis = '…';

const roundEven = (value: number): number => 2 * Math.round(value / 2);
const floorEven = (value: number): number => 2 * Math.floor(value / 2);

/** A new one each time: whoever gets a label may transfer its buffers to another thread. */
const emptyLabel = (): NameLabel => ({ ...toOverlay(new Uint8ClampedArray(0), 0, 0), offsetXPx: 0, offsetYPx: 0 });

/** Renders a label. It is empty (0x0, blending it does nothing) where there is nothing to say or no room to say it. */
export function renderNameLabel({ name, tileWidthPx, tileHeightPx, muted = false }: NameLabelOptions): NameLabel {
  const fontPx = Math.min(largestFontPx, Math.max(smallestFontPx, Math.round(tileHeightPx * fontByTileHeight)));
  const heightPx = roundEven(fontPx * pillHeight);
  const marginPx = roundEven(fontPx * marginToTile);
  const paddingPx = fontPx * padding;
  const iconPx = muted ? fontPx * iconWidth : 0;
  const widestTextPx = tileWidthPx - 2 * (marginPx + paddingPx) - iconPx - fontPx * iconGap;
  // Below three letters' width nothing can be told.
  if (widestTextPx < 3 * fontPx || heightPx + 2 * marginPx > tileHeightPx) return emptyLabel();

  const shown = fitText(normaliseDisplayName(name), fontPx, widestTextPx);
  if (shown.text === '' && !muted) return emptyLabel();
  const gapPx = muted && shown.text !== '' ? fontPx * iconGap : 0;
  const widthPx = Math.min(floorEven(tileWidthPx - 2 * marginPx), roundEven(2 * paddingPx + iconPx + gapPx + shown.widthPx));
  const pixels = drawPixels(widthPx, heightPx, (context) => {
    context.beginPath();
    context.roundRect(0, 0, widthPx, heightPx, fontPx * cornerRadius);
    context.clip();
    context.fillStyle = pillColour;
    context.fillRect(0, 0, widthPx, heightPx);
    if (muted) drawMutedMicrophone(context, paddingPx, heightPx / 2, fontPx);
    if (shown.text === '') return;
    const { text } = setFont(context, shown.text, fontPx);
    context.fillStyle = textColour;
    context.textAlign = 'left';
    const { actualBoundingBoxAscent: ascent, actualBoundingBoxDescent: descent } = context.measureText(text);
    // Ink that would leave the pill moves the line: Arabic tails up, stacked marks down. If neither helps, the clip above cuts.
    const usual = heightPx / 2 + fontPx * baselineBelowMiddle;
    const baseline = Math.max(Math.min(usual, heightPx - 1 - descent), Math.min(ascent + 1, usual + fontPx * largestShift));
    context.fillText(text, paddingPx + iconPx + gapPx, Math.round(baseline));
  });
  return { ...toOverlay(pixels, widthPx, heightPx), offsetXPx: marginPx, offsetYPx: floorEven(tileHeightPx) - heightPx - marginPx };
}

/** The longest start of the name that fits, with an ellipsis if it is not all of it. */
function fitText(name: string, fontPx: number, widestPx: number): { text: string; widthPx: number } {
  let fitted = { text: '', widthPx: 0 };
  if (name === '') return fitted;
  drawPixels(2, 2, (context) => {
    const { text } = setFont(context, name, fontPx);
    const whole = context.measureText(text).width;
    if (whole <= widestPx) {
      fitted = { text, widthPx: whole };
      return;
    }
    const graphemes = graphemesOf(text);
    let fits = 0;
    let tooMany = graphemes.length;
    while (tooMany - fits > 1) {
      const middle = (fits + tooMany) >> 1;
      const start = graphemes.slice(0, middle).join('').trimEnd() + ellipsis;
      const { width } = context.measureText(start);
      if (width <= widestPx) {
        fits = middle;
        fitted = { text: start, widthPx: width };
      } else tooMany = middle;
    }
  });
  return fitted;
}

/** A capsule, its stand, and a line through both. `left` and `middle` place it; it is `iconWidth` wide. */
function drawMutedMicrophone(context: SKRSContext2D, left: number, middle: number, fontPx: number): void {
  const unit = fontPx / 16;
  const centre = left + (fontPx * iconWidth) / 2;
  const at = (x: number, y: number): [number, number] => [centre + x * unit, middle + y * unit];
  context.save();
  context.fillStyle = mutedColour;
  context.strokeStyle = mutedColour;
  context.lineWidth = 1.5 * unit;
  context.lineCap = 'round';
  context.beginPath();
  context.roundRect(...at(-2.2, -6.5), 4.4 * unit, 8 * unit, 2.2 * unit);
  context.fill();
  context.beginPath();
  context.arc(...at(0, -0.8), 4.4 * unit, 0, Math.PI);
  context.moveTo(...at(0, 3.6));
  context.lineTo(...at(0, 6));
  context.moveTo(...at(-5.4, -6));
  context.lineTo(...at(5.4, 5.4));
  context.stroke();
  context.restore();
}
