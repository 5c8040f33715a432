/** Who takes the mix: each encode exists while somebody takes it, however many they are. */
import type { EncodedAudio, EncodedVideo, Mixer, VideoCodec, VideoFormat } from '../../mixer/index.js';
import type { Session } from './session.js';
import { VideoFanout, type VideoTaker } from './video-fanout.js';

export interface RoomOutputsOptions {
  readonly mixer: Pick<Mixer, 'send'>;
  readonly canvas: VideoFormat;
  readonly videoBitrateBps: number;
}

export interface AudioTaker {
  takeAudio(ptsUs: number, data: Uint8Array): void;
}

interface Listener {
  readonly session: Session;
  /** The participant whose own voice is left out for this listener. */
  readonly hearsAs: string | undefined;
}

export class RoomOutputs {
  readonly #mixer: Pick<Mixer, 'send'>;
  readonly #canvas: VideoFormat;
  readonly #videoBitrateBps: number;
  readonly #fanouts = new Map<VideoCodec, VideoFanout>();
  readonly #listeners = new Map<string, Listener>();
  readonly #audioTakers = new Set<AudioTaker>();

  constructor({ mixer, canvas, videoBitrateBps }: RoomOutputsOptions) {
    this.#mixer = mixer;
    this.#canvas = canvas;
    this.#videoBitrateBps = videoBitrateBps;
  }

  addListener(session: Session, hearsAs: string | undefined): void {
    this.#listeners.set(session.id, { session, hearsAs });
    if (session.videoCodec !== undefined && session.videoDownlink !== undefined) this.addVideoTaker(session.videoCodec, session.videoDownlink);
    this.#announceAudio();
  }

  removeListener(session: Session): void {
    if (!this.#listeners.delete(session.id)) return;
    if (session.videoCodec !== undefined && session.videoDownlink !== undefined) this.removeVideoTaker(session.videoCodec, session.videoDownlink);
    this.#announceAudio();
  }

  addVideoTaker(codec: VideoCodec, taker: VideoTaker): void {
    let fanout = this.#fanouts.get(codec);
    if (fanout === undefined) {
      const { widthPx, heightPx } = this.#canvas;
      const outputId = `${codec}-${widthPx}x${heightPx}`;
      fanout = new VideoFanout({ mixer: this.#mixer, output: { outputId, codec, format: this.#canvas, bitrateBps: this.#videoBitrateBps } });
      this.#fanouts.set(codec, fanout);
    }
    fanout.add(taker);
  }

  removeVideoTaker(codec: VideoCodec, taker: VideoTaker): void {
    const fanout = this.#fanouts.get(codec);
    fanout?.remove(taker);
    if (fanout?.takerCount !== 0) return;
    fanout.close();
    this.#fanouts.delete(codec);
  }

  addAudioTaker(taker: AudioTaker): void {
    this.#audioTakers.add(taker);
    this.#announceAudio();
  }

  removeAudioTaker(taker: AudioTaker): void {
    this.#audioTakers.delete(taker);
    this.#announceAudio();
  }

  requestKeyframe(codec: VideoCodec): void {
    this.#fanouts.get(codec)?.requestKeyframe();
  }

  takeVideo(video: EncodedVideo): void {
    for (const fanout of this.#fanouts.values()) if (fanout.outputId === video.outputId) fanout.take(video);
  }

  takeAudio({ ptsUs, mix, minus, participantIds }: EncodedAudio): void {
    // A participant who is not among them was not thought of: his voice may be in the mix, so who hears as he does gets nothing yet.
    const byParticipant = new Map(participantIds.map((participantId) => [participantId, mix]));
    for (const { participantId, data } of minus) byParticipant.set(participantId, data);
    for (const { session, hearsAs } of this.#listeners.values()) {
      const data = hearsAs === undefined ? mix : byParticipant.get(hearsAs);
      if (data !== undefined) session.audioDownlink?.send([data], ptsUs);
    }
    if (mix !== undefined) for (const taker of this.#audioTakers) taker.takeAudio(ptsUs, mix);
  }

  stats(): Readonly<Record<string, unknown>> {
    return { listeners: this.#listeners.size, video: [...this.#fanouts.values()].map(({ outputId, takerCount }) => ({ outputId, takers: takerCount })) };
  }

  close(): void {
    for (const fanout of this.#fanouts.values()) fanout.close();
    this.#fanouts.clear();
    this.#listeners.clear();
    this.#audioTakers.clear();
    this.#announceAudio();
  }

  #announceAudio(): void {
    const listeners = [...this.#listeners.values()].filter(({ session }) => session.audioDownlink !== undefined);
    const participantIds = new Set(listeners.flatMap(({ hearsAs }) => (hearsAs === undefined ? [] : [hearsAs])));
    const mix = this.#audioTakers.size > 0 || listeners.some(({ hearsAs }) => hearsAs === undefined);
    this.#mixer.send({ type: 'setAudioListeners', listeners: { mix, participantIds: [...participantIds] } });
  }
}
