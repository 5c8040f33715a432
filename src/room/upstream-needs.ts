/**
 * What the room needs of each participant's camera and screen, followed from scene to scene. More is asked for at once, less only when it has lasted: a
 * speaker who is interrupted for a moment keeps his picture, and no encoder is set up anew for nothing. Pure but for its memory; times are the room's.
 */
import type { Scene, VideoSource } from '../../mixer/index.js';
import type { Participant } from './participant.js';
import { needOfTile, type PictureNeed } from './picture-need.js';

export interface UpstreamNeedsOptions {
  /** Of the canvas. */
  readonly fps: number;
  /** Need undefined: no tile shows it. */
  readonly onNeed: (participant: Participant, source: VideoSource, need: PictureNeed | undefined) => void;
}

/** What was said last of one source. */
interface Asked {
  need: PictureNeed | undefined;
  /** Since when less would do; undefined while it would not. */
  lessSinceUs: number | undefined;
}

/** Two turns of a lively talk: a speaker's tile that changes hands faster would only cost keyframes. */
const lessAfterUs = 2_000_000;
/** An encoder set up anew for less than this saves nothing. */
const worthwhileShare = 0.95;
const sources: readonly VideoSource[] = ['camera', 'screen'];

export class UpstreamNeeds {
  readonly #options: UpstreamNeedsOptions;
  readonly #asked = new Map<Participant, Map<VideoSource, Asked>>();

  constructor(options: UpstreamNeedsOptions) {
    this.#options = options;
  }

  /** After each new scene, and now and then, since what is not needed any more is told later. */
  follow(scene: Scene, participants: readonly Participant[], nowUs: number): void {
    for (const participant of this.#asked.keys()) if (!participants.includes(participant)) this.#asked.delete(participant);
    for (const participant of participants) {
      for (const source of sources) {
        // A screen has a tile only while it is shared: what is wanted of one that is not, nobody can say.
        if (source === 'screen' && !participant.media.screen) this.#forgetScreen(participant);
        else this.#consider(participant, source, this.#needOf(scene, participant, source), nowUs);
      }
    }
  }

  /** Nothing is needed of it once its sharing has ended; the next one is asked for anew. */
  #forgetScreen(participant: Participant): void {
    const asked = this.#askedOf(participant, 'screen');
    if (asked === undefined) return;
    this.#asked.get(participant)?.delete('screen');
    if (asked.need !== undefined) this.#options.onNeed(participant, 'screen', undefined);
  }

  #needOf({ tiles }: Scene, participant: Participant, source: VideoSource): PictureNeed | undefined {
    const tile = tiles.find((candidate) => candidate.participantId === participant.id && candidate.source === source);
    return tile === undefined ? undefined : needOfTile(tile, this.#options.fps, participant.aspectRatio(source));
  }

  #consider(participant: Participant, source: VideoSource, need: PictureNeed | undefined, nowUs: number): void {
    const asked = this.#askedOf(participant, source);
    if (asked === undefined || isMore(need, asked.need)) {
      this.#ask(participant, source, need);
      return;
    }
    if (!isLess(need, asked.need)) {
      asked.lessSinceUs = undefined;
      return;
    }
    asked.lessSinceUs ??= nowUs;
    if (nowUs - asked.lessSinceUs >= lessAfterUs) this.#ask(participant, source, need);
  }

  #askedOf(participant: Participant, source: VideoSource): Asked | undefined {
    return this.#asked.get(participant)?.get(source);
  }

  #ask(participant: Participant, source: VideoSource, need: PictureNeed | undefined): void {
    const bySource = this.#asked.get(participant) ?? new Map<VideoSource, Asked>();
    this.#asked.set(participant, bySource.set(source, { need, lessSinceUs: undefined }));
    this.#options.onNeed(participant, source, need);
  }
}

function isMore(need: PictureNeed | undefined, asked: PictureNeed | undefined): boolean {
  if (need === undefined || asked === undefined) return need !== asked && asked === undefined;
  return need.widthPx > asked.widthPx || need.heightPx > asked.heightPx || need.fps > asked.fps;
}

function isLess(need: PictureNeed | undefined, asked: PictureNeed | undefined): boolean {
  if (need === undefined || asked === undefined) return need !== asked;
  return need.widthPx < asked.widthPx * worthwhileShare || need.heightPx < asked.heightPx * worthwhileShare || need.fps < asked.fps;
}
