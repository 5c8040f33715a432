import { Scaler, type ScalerGeometry } from './scaler.js';

/** More geometries than a canvas of 49 tiles with senders of mixed sizes has at a time; each takes some 50 kB. */
const mostScalers = 96;

/** Opening a scaler takes 70 us, and a grid of 16 has two geometries: tiles share them. Only for calls that end before the next one begins. */
export class ScalerCache {
  readonly #scalers = new Map<string, Scaler>();

  get(geometry: ScalerGeometry): Scaler {
    const { sourceWidthPx, sourceHeightPx, fullRange, targetWidthPx, targetHeightPx } = geometry;
    const key = `${sourceWidthPx}x${sourceHeightPx}>${targetWidthPx}x${targetHeightPx}${fullRange ? 'f' : ''}`;
    let scaler = this.#scalers.get(key);
    if (scaler !== undefined) return scaler;
    scaler = new Scaler(geometry);
    if (this.#scalers.size >= mostScalers) this.#dropOldest();
    this.#scalers.set(key, scaler);
    return scaler;
  }

  #dropOldest(): void {
    // Oldest by opening, not by use: what is still needed comes back for 70 us.
    for (const [key, scaler] of this.#scalers) {
      scaler.close();
      this.#scalers.delete(key);
      return;
    }
  }

  close(): void {
    for (const scaler of this.#scalers.values()) scaler.close();
    this.#scalers.clear();
  }
}
