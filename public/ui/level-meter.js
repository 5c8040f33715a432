const floorDb = -60;

/** Draws a microphone's loudness into an element, as the custom property `--level` from 0 to 1. */
export class LevelMeter {
  #element;
  /** @type {AudioContext | null} */
  #context = null;
  /** @type {MediaStreamAudioSourceNode | null} */
  #source = null;
  /** @type {AnalyserNode | null} */
  #analyser = null;
  #samples = new Float32Array(1024);
  #frame = 0;

  /** @param {HTMLElement} element */
  constructor(element) {
    this.#element = element;
  }

  /** @param {MediaStreamTrack | null} track null: shows nothing */
  listen(track) {
    this.#source?.disconnect();
    this.#source = null;
    cancelAnimationFrame(this.#frame);
    this.#element.style.setProperty('--level', '0');
    if (track === null) return;
    this.#context ??= startContext();
    this.#analyser ??= this.#context.createAnalyser();
    this.#analyser.fftSize = this.#samples.length;
    this.#source = this.#context.createMediaStreamSource(new MediaStream([track]));
    this.#source.connect(this.#analyser);
    this.#draw();
  }

  close() {
    this.listen(null);
    void this.#context?.close();
    this.#context = null;
    this.#analyser = null;
  }

  #draw() {
    this.#analyser?.getFloatTimeDomainData(this.#samples);
    const power = this.#samples.reduce((sum, sample) => sum + sample * sample, 0) / this.#samples.length;
    const db = 10 * Math.log10(power + 1e-12);
    this.#element.style.setProperty('--level', Math.max(0, Math.min(1, 1 - db / floorDb)).toFixed(3));
    this.#frame = requestAnimationFrame(() => this.#draw());
  }
}

/** Browsers start it with the first click or key. */
function startContext() {
  const context = new AudioContext();
  const resume = () => void (context.state === 'suspended' && context.resume());
  for (const type of ['pointerdown', 'keydown']) addEventListener(type, resume, { once: true });
  return context;
}
