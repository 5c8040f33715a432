import type { MixSource } from './mix-source.js';
import { gatheredSdp, wrtc, type WrtcAudioSink, type WrtcPeerConnection, type WrtcVideoSink } from './wrtc.js';

/** What arrived on one video m-line. */
export interface PictureCount {
  frames: number;
  widthPx: number;
  heightPx: number;
}

export interface PagePeerOptions {
  readonly mix: MixSource;
  /** Called for everything that happens: a state, a picture, a sound. */
  readonly onChange: () => void;
}

// Louder than this is no silence: the fake microphone beeps at about 8000.
const audiblePeak = 500;

/** The server's end of a page's peer connection, on libwebrtc: offers what the product offers, sends the mix, and counts what comes. */
export class PagePeer {
  readonly camera: PictureCount = { frames: 0, widthPx: 0, heightPx: 0 };
  readonly screen: PictureCount = { frames: 0, widthPx: 0, heightPx: 0 };
  /** Chunks of sound (10 ms) that were audible, and those that were not. */
  audibleChunks = 0;
  silentChunks = 0;
  readonly #connection: WrtcPeerConnection;
  readonly #mix: MixSource;
  readonly #onChange: () => void;
  readonly #sinks: (WrtcVideoSink | WrtcAudioSink)[] = [];
  #closed = false;

  constructor({ mix, onChange }: PagePeerOptions) {
    this.#mix = mix;
    this.#onChange = onChange;
    this.#connection = new wrtc.RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    this.#connection.onconnectionstatechange = onChange;
  }

  get connectionState(): string {
    return this.#connection.connectionState;
  }

  /** mid 0: sound both ways; mid 1: camera in, mix out; mid 2: screen in. */
  async offer(): Promise<string> {
    const streams = [new wrtc.MediaStream({ id: 'mix' })];
    const connection = this.#connection;
    const transceivers = [
      connection.addTransceiver(this.#mix.audioTrack, { direction: 'sendrecv', streams }),
      connection.addTransceiver(this.#mix.videoTrack, { direction: 'sendrecv', streams }),
      connection.addTransceiver('video', { direction: 'recvonly' }),
    ];
    const [audio, camera, screen] = transceivers.map(({ receiver }) => receiver.track);
    if (audio === undefined || camera === undefined || screen === undefined) throw new Error('three transceivers have three tracks');
    const audioSink = new wrtc.nonstandard.RTCAudioSink(audio);
    audioSink.ondata = ({ samples }): void => {
      if (samples.some((sample) => Math.abs(sample) > audiblePeak)) this.audibleChunks += 1;
      else this.silentChunks += 1;
      this.#onChange();
    };
    this.#sinks.push(audioSink);
    for (const [track, count] of [[camera, this.camera], [screen, this.screen]] as const) {
      const sink = new wrtc.nonstandard.RTCVideoSink(track);
      sink.onframe = ({ frame }): void => {
        Object.assign(count, { frames: count.frames + 1, widthPx: frame.width, heightPx: frame.height });
        this.#onChange();
      };
      this.#sinks.push(sink);
    }
    return gatheredSdp(connection, await connection.createOffer());
  }

  /** The same once more, with new ICE credentials. */
  async restartOffer(): Promise<string> {
    return gatheredSdp(this.#connection, await this.#connection.createOffer({ iceRestart: true }));
  }

  async takeAnswer(sdp: string): Promise<void> {
    await this.#connection.setRemoteDescription({ type: 'answer', sdp });
  }

  async addCandidate(candidate: string): Promise<void> {
    // A browser hides its addresses behind names until it may use the camera; its checks reach us all the same.
    if (candidate === '' || candidate.includes('.local')) return;
    await this.#connection.addIceCandidate({ candidate, sdpMid: '0' });
  }

  /** WHEP: the answer to an offer that only receives. */
  async answer(sdp: string): Promise<string> {
    const stream = new wrtc.MediaStream({ id: 'mix' });
    this.#connection.addTrack(this.#mix.audioTrack, stream);
    this.#connection.addTrack(this.#mix.videoTrack, stream);
    await this.#connection.setRemoteDescription({ type: 'offer', sdp });
    return gatheredSdp(this.#connection, await this.#connection.createAnswer());
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const sink of this.#sinks) sink.stop();
    this.#connection.onconnectionstatechange = null;
    this.#connection.close();
  }
}
