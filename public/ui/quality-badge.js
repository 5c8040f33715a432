/** @import { Quality, QualityLevel } from '../client/quality.js' */
import { element } from './dom.js';
import { bitrateText } from './format.js';
import { reducedPicture } from './reduced-picture.js';

const names = { good: 'Good connection', fair: 'Fair connection', poor: 'Poor connection', unknown: 'Measuring the connection' };
/** @type {Record<QualityLevel, number>} */
const bars = { good: 3, fair: 2, poor: 1, unknown: 0 };

/** Three bars in the page's head, and beside them what a slow line has made of the picture; pointed at or focused, the numbers behind them. */
export class QualityBadge {
  #button;
  #label;
  #table;
  #reduced;

  /** @param {{ button: HTMLElement, label: HTMLElement, table: HTMLElement, reduced: HTMLElement }} elements */
  constructor({ button, label, table, reduced }) {
    this.#button = button;
    this.#label = label;
    this.#table = table;
    this.#reduced = reduced;
    // On a touch screen there is no pointing at: a tap opens and closes.
    button.addEventListener('click', () => button.parentElement?.classList.toggle('is-open'));
    button.addEventListener('blur', () => button.parentElement?.classList.remove('is-open'));
    this.showUnknown();
  }

  showUnknown() {
    this.#showLevel('unknown', '');
    this.#table.replaceChildren(...row('Waiting for numbers', ''));
  }

  /** @param {Quality} quality @param {{ heightPx: number, isShown: boolean } | null} wanted as `reducedPicture` takes it */
  show(quality, wanted) {
    const reduced = reducedPicture(quality, wanted);
    this.#showLevel(quality.level, reduced);
    const size = !quality.pictureComes ? 'none comes' : quality.widthPx === null ? 'no picture' : `${quality.widthPx}×${quality.heightPx}${quality.framesPerSecond === null ? '' : ` at ${Math.round(quality.framesPerSecond)}`}`;
    this.#table.replaceChildren(
      ...row('Round trip', quality.rttMs === null ? '–' : `${Math.round(quality.rttMs)} ms`),
      ...row('Loss in', percent(quality.inLossPercent)),
      ...row('Loss out', percent(quality.outLossPercent)),
      ...row('Freezes', quality.freezes === 0 ? 'none' : `${quality.freezes} (${Math.round(quality.frozenPercent)} % of the time)`),
      ...row('Receiving', bitrateText(quality.inBps)),
      ...row('Sending', bitrateText(quality.outBps)),
      ...row('Picture', size),
      ...(reduced === '' ? [] : [element('dd', { class: 'quality-why', text: whyReduced(reduced) })]),
    );
  }

  /** @param {QualityLevel} level @param {string} reduced */
  #showLevel(level, reduced) {
    this.#button.dataset['level'] = level;
    this.#button.dataset['bars'] = String(bars[level]);
    this.#label.textContent = reduced === '' ? names[level] : `${names[level]}: ${whyReduced(reduced)}`;
    this.#reduced.textContent = reduced;
  }
}

/** @param {string} reduced */
function whyReduced(reduced) {
  return `${reduced}, your line is slow`;
}

/** @param {string} term @param {string} value */
function row(term, value) {
  return [element('dt', { text: term }), element('dd', { text: value })];
}

/** @param {number | null} value */
function percent(value) {
  return value === null ? '–' : `${value < 10 && value > 0 ? value.toFixed(1) : Math.round(value)} %`;
}
