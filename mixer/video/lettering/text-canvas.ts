// The one canvas that everything is drawn on: bitmaps are copied out, so that no native surface waits for the garbage collector.
import { createCanvas, type Canvas, type SKRSContext2D } from '@napi-rs/canvas';
import { chooseFonts, type FontedText } from './font-book.js';
import { isRightToLeft } from './display-name.js';

let shared: Canvas | undefined;

/**
 * Draws and hands out the pixels, RGBA with straight alpha.
 * @param draw gets a transparent canvas with its state reset, and must not keep the context
 */
export function drawPixels(widthPx: number, heightPx: number, draw: (context: SKRSContext2D) => void): Uint8ClampedArray {
  shared ??= createCanvas(widthPx, heightPx);
  // Setting the size clears the surface and resets the state (HTML canvas, 4.12.5.1).
  shared.width = widthPx;
  shared.height = heightPx;
  const context = shared.getContext('2d');
  draw(context);
  return context.getImageData(0, 0, widthPx, heightPx).data;
}

const weight = 600;

/** Sets everything about the text but its place, colour and alignment. Fonts are registered where that has not been done. */
export function setFont(context: SKRSContext2D, text: string, fontPx: number): FontedText {
  const fonted = chooseFonts(text);
  context.font = `${weight} ${fontPx}px ${fonted.families}`;
  context.lang = fonted.language;
  context.direction = isRightToLeft(text) ? 'rtl' : 'ltr';
  return fonted;
}
