/** Somebody in the room: who he is and what he says is on. His connection is his session's business. */
import type { VideoSource } from '../../mixer/index.js';
import type { ParticipantDescription, ParticipantKind } from '../rooms/protocol.js';
import type { ParticipantVoice } from './participant-voice.js';
import type { SeatedPerson } from './seating.js';
import type { Session } from './session.js';
import type { SpeakerOrder } from './speaker-order.js';

export interface ParticipantOptions {
  readonly id: string;
  readonly name: string;
  readonly kind: ParticipantKind;
  /** ISO 8601. */
  readonly joinedAt: string;
  /** By which RTP names him in the packets of the mix (RFC 3550 7.1), 0 to 2^32 - 1, another's never. */
  readonly csrc: number;
  readonly session: Session;
  readonly voice: ParticipantVoice;
}

export interface MediaState {
  readonly audio: boolean;
  readonly video: boolean;
  readonly screen: boolean;
}

/** A WHIP client says nothing of a muted camera: it is off when nothing has come for so long. The tile shows its avatar after the same time. */
const silenceUs = 2_000_000;
/** Sizes are whole, even pixels: a picture of the same shape in another size has another ratio in the second digit. A place that follows it would never rest. */
const sameShape = 0.02;

export class Participant {
  readonly id: string;
  readonly name: string;
  readonly kind: ParticipantKind;
  readonly joinedAt: string;
  readonly csrc: number;
  readonly session: Session;
  readonly voice: ParticipantVoice;
  readonly #aspectRatios = new Map<VideoSource, number>();
  #media: MediaState = { audio: false, video: false, screen: false };

  constructor({ id, name, kind, joinedAt, csrc, session, voice }: ParticipantOptions) {
    this.id = id;
    this.name = name;
    this.kind = kind;
    this.joinedAt = joinedAt;
    this.csrc = csrc;
    this.session = session;
    this.voice = voice;
  }

  get media(): MediaState {
    return this.#media;
  }

  /** Answers whether anything changed. */
  setMedia(media: MediaState): boolean {
    const { audio, video, screen } = this.#media;
    this.#media = { audio: media.audio, video: media.video, screen: media.screen };
    return audio !== media.audio || video !== media.video || screen !== media.screen;
  }

  /** For a WHIP client: what arrives is what is on. Answers whether anything changed. */
  observeMedia(nowUs: number): boolean {
    if (this.kind !== 'whip') return false;
    return this.setMedia({ audio: nowUs - this.session.lastAudioUs < silenceUs, video: nowUs - this.session.lastVideoUs < silenceUs, screen: false });
  }

  setPictureSize(source: VideoSource, widthPx: number, heightPx: number): void {
    const aspectRatio = widthPx / heightPx;
    if (Math.abs(aspectRatio / (this.#aspectRatios.get(source) ?? 0) - 1) < sameShape) return;
    this.#aspectRatios.set(source, aspectRatio);
  }

  /** Width by height of what arrives, after rotation; undefined until something has. */
  aspectRatio(source: VideoSource): number | undefined {
    return this.#aspectRatios.get(source);
  }

  describe(speakers: SpeakerOrder): ParticipantDescription {
    const { id, name, kind, csrc, joinedAt } = this;
    return { id, name, kind, ...this.#media, speaking: speakers.isSpeaking(id), connection: this.session.connection, csrc, joinedAt, ...this.voice.describe() };
  }

  seat(speakers: SpeakerOrder): SeatedPerson {
    return {
      id: this.id,
      name: this.name,
      ...this.#media,
      audio: this.#media.audio && !this.voice.isSilenced,
      speaking: speakers.isSpeaking(this.id),
      lastShownUs: speakers.lastShownUs(this.id),
      cameraAspectRatio: this.#aspectRatios.get('camera'),
      screenAspectRatio: this.#aspectRatios.get('screen'),
    };
  }
}
