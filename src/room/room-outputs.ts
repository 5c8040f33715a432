/** Who takes the mix: each encode exists while somebody takes it, however many they are. */
import type { EncodedAudio, EncodedVideo, HeardVoice, Mixer, ReportedLoss, VideoCodec } from '../../mixer/index.js';
import type { ContributingSource } from '../rtp/outbound-stream.js';
import { ListenerVideo } from './listener-video.js';
import type { Session } from './session.js';
import { VideoFanout, type VideoTaker } from './video-fanout.js';
import type { VideoTier } from './video-tiers.js';

export interface RoomOutputsOptions {
  readonly mixer: Pick<Mixer, 'send'>;
  /** Best first; one at least. */
  readonly tiers: readonly VideoTier[];
  /** By what number RTP knows a participant; undefined for who has left. */
  readonly csrcOf: (participantId: string) => number | undefined;
}

export interface AudioTaker {
  takeAudio(ptsUs: number, data: Uint8Array): void;
}

const noLoss: ReportedLoss = { mix: [], participants: {} };
/** Encoders of sound follow what is lost no faster: reports come once in seconds, and each change is an encoder. */
const betweenLossesUs = 1_000_000;

interface Listener {
  readonly session: Session;
  /** The participant whose own voice is left out for this listener. */
  readonly hearsAs: string | undefined;
  /** Undefined for who takes no picture. */
  readonly video: ListenerVideo | undefined;
  tier: number;
}

export class RoomOutputs {
  readonly #mixer: Pick<Mixer, 'send'>;
  readonly #tiers: readonly VideoTier[];
  readonly #csrcOf: RoomOutputsOptions['csrcOf'];
  /** By their output ids. */
  readonly #fanouts = new Map<string, VideoFanout>();
  readonly #listeners = new Map<string, Listener>();
  readonly #audioTakers = new Set<AudioTaker>();
  #toldLoss = JSON.stringify(noLoss);
  #toldLossUs = Number.NEGATIVE_INFINITY;

  constructor({ mixer, tiers, csrcOf }: RoomOutputsOptions) {
    this.#mixer = mixer;
    this.#tiers = tiers;
    this.#csrcOf = csrcOf;
  }

  addListener(session: Session, hearsAs: string | undefined): void {
    const { videoDownlink: downlink, tier } = session;
    const video = downlink === undefined ? undefined : new ListenerVideo({ downlink, onReleased: (fanout) => this.#closeUntaken(fanout) });
    this.#listeners.set(session.id, { session, hearsAs, video, tier });
    video?.switchTo(this.#fanoutOf(session.videoCodec, tier), true);
    this.#announceAudio();
  }

  removeListener(session: Session): void {
    const listener = this.#listeners.get(session.id);
    if (listener === undefined) return;
    this.#listeners.delete(session.id);
    listener.video?.close();
    this.#announceAudio();
  }

  /** To the tier that the session has now: down at once where what his path does not carry delays what comes after it. */
  changeTier(session: Session): void {
    const listener = this.#listeners.get(session.id);
    if (listener === undefined) return;
    const isAtOnce = session.tier > listener.tier && session.isPathFull;
    listener.tier = session.tier;
    listener.video?.switchTo(this.#fanoutOf(session.videoCodec, session.tier), isAtOnce);
  }

  /** Takes the best picture, whatever others take. */
  addVideoTaker(codec: VideoCodec, taker: VideoTaker): void {
    this.#fanoutOf(codec, 0)?.add(taker);
  }

  removeVideoTaker(taker: VideoTaker): void {
    for (const fanout of [...this.#fanouts.values()]) {
      fanout.remove(taker);
      this.#closeUntaken(fanout);
    }
  }

  addAudioTaker(taker: AudioTaker): void {
    this.#audioTakers.add(taker);
    this.#announceAudio();
  }

  removeAudioTaker(taker: AudioTaker): void {
    this.#audioTakers.delete(taker);
    this.#announceAudio();
  }

  /** For one listener: of the encode that he takes. */
  requestKeyframe(session: Session): void {
    this.#listeners.get(session.id)?.video?.requestKeyframe();
  }

  /** For one that was added with {@link addVideoTaker}. */
  requestTakersKeyframe(codec: VideoCodec): void {
    this.#fanoutOf(codec, 0)?.requestKeyframe();
  }

  takeVideo(video: EncodedVideo): void {
    this.#fanouts.get(video.outputId)?.take(video);
  }

  takeAudio({ ptsUs, mix, heard, streams, participantIds }: EncodedAudio): void {
    const ofMix = this.#sourcesOf(heard);
    // A participant who is not among them was not thought of: his voice may be in the mix, so who hears as he does gets nothing yet.
    const byParticipant = new Map(participantIds.map((participantId) => [participantId, { data: mix, sources: ofMix }]));
    for (const stream of streams) {
      const sources = stream.heard === undefined ? ofMix : this.#sourcesOf(stream.heard);
      for (const participantId of stream.participantIds) byParticipant.set(participantId, { data: stream.data, sources });
    }
    for (const { session, hearsAs } of this.#listeners.values()) {
      const { data, sources } = (hearsAs === undefined ? undefined : byParticipant.get(hearsAs)) ?? { data: hearsAs === undefined ? mix : undefined, sources: ofMix };
      if (data !== undefined) session.audioDownlink?.send(data, ptsUs, this.#without(hearsAs, sources));
    }
    if (mix !== undefined) for (const taker of this.#audioTakers) taker.takeAudio(ptsUs, mix);
  }

  #sourcesOf(heard: readonly HeardVoice[]): readonly ContributingSource[] {
    return heard.flatMap(({ participantId, levelDbov }) => {
      const csrc = this.#csrcOf(participantId);
      return csrc === undefined ? [] : [{ csrc, levelDbov }];
    });
  }

  /** What he hears of the mix is without himself. */
  #without(hearsAs: string | undefined, sources: readonly ContributingSource[]): readonly ContributingSource[] {
    const own = hearsAs === undefined ? undefined : this.#csrcOf(hearsAs);
    return own !== undefined && sources.some(({ csrc }) => csrc === own) ? sources.filter(({ csrc }) => csrc !== own) : sources;
  }

  /** To be called a few times a second: what listeners lose of their sound goes to the mixer when it has changed. */
  followLoss(nowUs: number): void {
    if (nowUs - this.#toldLossUs < betweenLossesUs) return;
    const loss = this.#collectLoss();
    const told = JSON.stringify(loss);
    if (told === this.#toldLoss) return;
    this.#toldLoss = told;
    this.#toldLossUs = nowUs;
    this.#mixer.send({ type: 'setReportedLoss', loss });
  }

  #collectLoss(): ReportedLoss {
    // A file loses nothing.
    const mix = new Map(this.#audioTakers.size === 0 ? [] : [[0, this.#audioTakers.size]]);
    const participants: Record<string, number> = {};
    for (const { session, hearsAs } of this.#listeners.values()) {
      if (session.audioDownlink === undefined) continue;
      const { percent } = session.audioDownlink.loss;
      if (hearsAs === undefined) mix.set(percent, (mix.get(percent) ?? 0) + 1);
      else if (percent > (participants[hearsAs] ?? 0)) participants[hearsAs] = percent;
    }
    const counts = [...mix].sort(([a], [b]) => a - b).map(([percent, listeners]) => ({ percent, listeners }));
    return { mix: counts.some(({ percent }) => percent > 0) ? counts : [], participants };
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

  /** Undefined below the lowest tier, and for who takes no picture. */
  #fanoutOf(codec: VideoCodec | undefined, index: number): VideoFanout | undefined {
    const tier = this.#tiers[index];
    if (codec === undefined || tier === undefined) return undefined;
    const { format, bitrateBps } = tier;
    const outputId = `${codec}-${format.widthPx}x${format.heightPx}@${format.fps}-${bitrateBps}`;
    let fanout = this.#fanouts.get(outputId);
    if (fanout === undefined) {
      fanout = new VideoFanout({ mixer: this.#mixer, output: { outputId, codec, format, bitrateBps } });
      this.#fanouts.set(outputId, fanout);
    }
    return fanout;
  }

  #closeUntaken(fanout: VideoFanout): void {
    if (fanout.takerCount > 0 || this.#fanouts.get(fanout.outputId) !== fanout) return;
    fanout.close();
    this.#fanouts.delete(fanout.outputId);
  }

  #announceAudio(): void {
    const listeners = [...this.#listeners.values()].filter(({ session }) => session.audioDownlink !== undefined);
    const participantIds = new Set(listeners.flatMap(({ hearsAs }) => (hearsAs === undefined ? [] : [hearsAs])));
    const mix = this.#audioTakers.size > 0 || listeners.some(({ hearsAs }) => hearsAs === undefined);
    this.#mixer.send({ type: 'setAudioListeners', listeners: { mix, participantIds: [...participantIds] } });
  }
}
