/** The product's own pages in Firefox. */
import { decodeSound, opusDecoder, toneLevelDb } from './encoded-media.js';
import type { FirefoxPage } from './firefox-page.js';
import type { Firefox } from './firefox.js';
import { MixPage, mixProbe } from './mix-page.js';
import { admissionScript, pageSpies } from './page-browser.js';

export interface FirefoxRoomPageOptions {
  readonly firefox: Firefox;
  readonly serverUrl: string;
  readonly room: string;
  readonly name: string;
  readonly initScript?: string;
}

/** Of Firefox's fake microphone (`media.navigator.audio.fake_frequency`). */
export const firefoxToneHz = 1_000;

/** Without a sound card no AudioContext of Firefox runs; what a recorder takes is what the video plays. Ogg, as base64. */
const recordSound = `(async () => {
  const stream = document.getElementById('mix').srcObject;
  if (stream === null || stream.getAudioTracks().length === 0) return '';
  const recorder = new MediaRecorder(new MediaStream(stream.getAudioTracks()));
  const taken = new Promise((resolve) => recorder.addEventListener('dataavailable', ({ data }) => resolve(data), { once: true }));
  recorder.start(1500);
  const sound = await taken;
  recorder.stop();
  return btoa(String.fromCharCode(...new Uint8Array(await sound.arrayBuffer())));
})()`;

export class FirefoxRoomPage extends MixPage<FirefoxPage> {
  static async join({ firefox, serverUrl, room, name, initScript = '' }: FirefoxRoomPageOptions): Promise<FirefoxRoomPage> {
    return new FirefoxRoomPage(await firefox.open(`${serverUrl}/r/${room}`, [pageSpies, mixProbe, initScript, admissionScript({ room, name })]));
  }

  static async view({ firefox, serverUrl, room }: Pick<FirefoxRoomPageOptions, 'firefox' | 'serverUrl' | 'room'>): Promise<FirefoxRoomPage> {
    return new FirefoxRoomPage(await firefox.open(`${serverUrl}/v/${room}?muted=0`, [pageSpies, mixProbe]));
  }

  override async tonesDb(frequenciesHz: readonly number[]): Promise<readonly number[]> {
    const ogg = await this.page.evaluate<string>(recordSound);
    const samples = ogg === '' ? new Float32Array() : await decodeSound(`data:audio/ogg;base64,${ogg}`, opusDecoder);
    return frequenciesHz.map((frequencyHz) => (samples.length === 0 ? -180 : toneLevelDb(samples, frequencyHz)));
  }
}
