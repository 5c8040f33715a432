/**
 * Chromium as publisher or listener of the network bench: a page of the server's own origin, driven from here. It remembers each picture that it shows, so
 * small that a number just stays readable, and gives its counters by `getStats`. Times are microseconds of the page's clock.
 */
import type { Page } from 'playwright-core';
import { linkedSdp, withoutCandidates, type ThroughLink } from '../../test/support/linked-sdp.js';
import type { PageBrowser } from '../../test/support/page-browser.js';
import { postOffer } from '../latency/paths.js';
import { readTimeCode } from '../latency/time-code.js';
import { recordedCamera } from './device-recording.js';

/** All of them only grow. */
export interface ChromiumCounters {
  readonly atUs: number;
  readonly freezes: number;
  readonly frozenMs: number;
  readonly picturesDecoded: number;
  readonly soundSamples: number;
  readonly concealedSamples: number;
  readonly nacksOfListener: number;
  readonly plisOfListener: number;
  readonly sentBytes: number;
}

/** A page that has no turn for so long shows nothing, whatever the network does; half of what counts as a freeze. */
export const stallMs = 100;

export interface ShownPictures {
  /** When one with a number came that the one before had not. */
  readonly newPicturesUs: readonly number[];
  readonly unreadPictures: number;
}

/** What is kept of a picture: four pixels for each cell of its number. */
const keptPx = { width: 80, height: 36 } as const;

const script = `
  window.client = {
    shownMs: [],
    shown: [],
    stalledMs: 0,
    watchStalls() {
      const periodMs = 20;
      let dueMs = performance.now() + periodMs;
      setInterval(() => {
        this.stalledMs = Math.max(this.stalledMs, performance.now() - dueMs);
        dueMs = performance.now() + periodMs;
      }, periodMs);
    },
    takeStall() {
      const { stalledMs } = this;
      this.stalledMs = 0;
      return stalledMs;
    },
    async offer(camera) {
      this.connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
      if (camera === null) {
        for (const kind of ['audio', 'video']) this.connection.addTransceiver(kind, { direction: 'recvonly' });
        this.show();
      } else {
        const video = { width: camera.widthPx, height: camera.heightPx, frameRate: camera.fps };
        const stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false }, video });
        for (const track of stream.getTracks()) this.connection.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
      }
      await this.connection.setLocalDescription();
      return this.gathered();
    },
    async answer(sdp) {
      this.connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
      await this.connection.setRemoteDescription({ type: 'offer', sdp });
      this.show();
      await this.connection.setLocalDescription();
      return this.gathered();
    },
    async gathered() {
      const { connection } = this;
      while (connection.iceGatheringState !== 'complete') await new Promise((resolve) => connection.addEventListener('icegatheringstatechange', resolve, { once: true }));
      return connection.localDescription.sdp;
    },
    show() {
      const video = document.body.appendChild(Object.assign(document.createElement('video'), { width: 160, height: 90 }));
      video.srcObject = new MediaStream(this.connection.getReceivers().map(({ track }) => track));
      void video.play();
      const context = new OffscreenCanvas(${keptPx.width}, ${keptPx.height}).getContext('2d', { willReadFrequently: true });
      const take = (nowMs) => {
        context.drawImage(video, 0, 0, ${keptPx.width}, ${keptPx.height});
        const { data } = context.getImageData(0, 0, ${keptPx.width}, ${keptPx.height});
        const luma = new Uint8Array(data.length / 4);
        for (let pixel = 0; pixel < luma.length; pixel += 1) luma[pixel] = 0.299 * data[4 * pixel] + 0.587 * data[4 * pixel + 1] + 0.114 * data[4 * pixel + 2];
        this.shownMs.push(nowMs);
        this.shown.push(luma);
        video.requestVideoFrameCallback(take);
      };
      video.requestVideoFrameCallback(take);
    },
    takeShown() {
      const [shownMs, shown] = [this.shownMs.splice(0), this.shown.splice(0)];
      return { shownMs, shown: shown.map((luma) => btoa(String.fromCharCode(...luma))) };
    },
    async counters() {
      const stats = [...(await this.connection.getStats()).values()];
      const find = (type, kind) => stats.find((one) => one.type === type && one.kind === kind) ?? {};
      const [seen, heard, sent] = [find('inbound-rtp', 'video'), find('inbound-rtp', 'audio'), find('outbound-rtp', 'video')];
      return {
        atUs: performance.now() * 1000, freezes: seen.freezeCount ?? 0, frozenMs: 1000 * (seen.totalFreezesDuration ?? 0), picturesDecoded: seen.framesDecoded ?? 0,
        soundSamples: heard.totalSamplesReceived ?? 0, concealedSamples: heard.concealedSamples ?? 0,
        nacksOfListener: seen.nackCount ?? 0, plisOfListener: seen.pliCount ?? 0, sentBytes: sent.bytesSent ?? 0,
      };
    },
  };
`;

export class ChromiumClient {
  readonly #page: Page;
  readonly #newPicturesUs: number[] = [];
  #lastCode: number | undefined;
  #unreadPictures = 0;
  #session: string | undefined;

  private constructor(page: Page) {
    this.#page = page;
  }

  static async open(browser: PageBrowser, serverUrl: string): Promise<ChromiumClient> {
    const page = await browser.open({ origin: serverUrl, initScript: script });
    // Any page of the server; what stands on it does not matter.
    await page.goto(`${serverUrl}/`);
    await page.evaluate('client.watchStalls()');
    return new ChromiumClient(page);
  }

  /** With its camera and microphone. */
  publish(serverUrl: string, room: string, throughLink?: ThroughLink): Promise<void> {
    return this.#join(`${serverUrl}/whip/${room}?name=Ann`, recordedCamera, throughLink);
  }

  view(serverUrl: string, room: string, throughLink?: ThroughLink): Promise<void> {
    return this.#join(`${serverUrl}/whep/${room}`, null, throughLink);
  }

  /** Without any room; the listener is the one who answers. */
  async publishTo(listener: ChromiumClient, throughLink: ThroughLink): Promise<void> {
    const offer = withoutCandidates(await this.#call<string>('offer', recordedCamera));
    await this.#accept(await listener.#call<string>('answer', offer), throughLink);
  }

  counters(): Promise<ChromiumCounters> {
    return this.#call('counters');
  }

  /** The longest time for which its page had no turn since this was asked last. */
  takeStallMs(): Promise<number> {
    return this.#call('takeStall');
  }

  /** Since it opened. */
  async shown(): Promise<ShownPictures> {
    const { shownMs, shown } = await this.#call<{ readonly shownMs: readonly number[]; readonly shown: readonly string[] }>('takeShown');
    for (const [index, luma] of shown.entries()) this.#take(Buffer.from(luma, 'base64'), 1000 * (shownMs[index] ?? 0));
    return { newPicturesUs: this.#newPicturesUs, unreadPictures: this.#unreadPictures };
  }

  /** Tells the room, then ends. */
  async close(): Promise<void> {
    if (this.#session !== undefined) await fetch(this.#session, { method: 'DELETE' });
    await this.#page.close();
  }

  async #join(url: string, camera: typeof recordedCamera | null, throughLink: ThroughLink | undefined): Promise<void> {
    const { answer, session } = await postOffer(url, withoutCandidates(await this.#call<string>('offer', camera)));
    this.#session = session;
    await this.#accept(answer, throughLink);
  }

  async #accept(answer: string, throughLink: ThroughLink | undefined): Promise<void> {
    const sdp = throughLink === undefined ? answer : await linkedSdp(answer, throughLink);
    await this.#page.evaluate(`client.connection.setRemoteDescription(${JSON.stringify({ type: 'answer', sdp })})`);
  }

  #take(data: Uint8Array, atUs: number): void {
    const code = readTimeCode({ ...keptPx, data });
    if (code === undefined) this.#unreadPictures += 1;
    if (code === undefined || code === this.#lastCode) return;
    this.#lastCode = code;
    this.#newPicturesUs.push(atUs);
  }

  #call<Result>(method: string, argument?: unknown): Promise<Result> {
    return this.#page.evaluate<Result>(`client.${method}(${argument === undefined ? '' : JSON.stringify(argument)})`);
  }
}
