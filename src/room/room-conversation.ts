/** Who speaks and how loud he is heard: from what packets claim and the mixer measures to what is told of it. */
import type { EncodedAudio, MeasuredLevel, RoomTime } from '../../mixer/index.js';
import { LevelWatchers, type ToldLevels } from './level-watchers.js';
import type { Participant } from './participant.js';
import type { ParticipantVoice } from './participant-voice.js';
import { SpeakerLevels } from './speaker-levels.js';
import { SpeakerOrder, type SpeakerChange } from './speaker-order.js';

export interface RoomConversationOptions {
  readonly clock: RoomTime;
  /** Undefined for who is not in the room. */
  readonly voiceOf: (participantId: string) => ParticipantVoice | undefined;
  /** Who speaks, or who leads, is another one. */
  readonly onSpeaking: (change: SpeakerChange) => void;
  readonly onLevels: (told: ToldLevels) => void;
}

export class RoomConversation {
  readonly speakers: SpeakerOrder;
  readonly watchers = new LevelWatchers();
  readonly #options: RoomConversationOptions;
  readonly #levels: SpeakerLevels;

  constructor(options: RoomConversationOptions) {
    const { clock } = options;
    this.#options = options;
    this.speakers = new SpeakerOrder({ clock });
    this.#levels = new SpeakerLevels({ clock, speakers: this.speakers });
  }

  add(participant: Participant): void {
    this.#levels.add(participant);
  }

  remove(id: string): void {
    this.watchers.unwatch(id);
    this.#levels.remove(id);
  }

  /** What a packet says of its own loudness; undefined: nothing. */
  claim(id: string, levelDbov: number | undefined): void {
    if (levelDbov !== undefined) this.#levels.claim(id, levelDbov);
  }

  measure(level: MeasuredLevel): void {
    this.#levels.measure(level);
  }

  /** One tick of sound. */
  takeAudio(audio: EncodedAudio): void {
    this.watchers.take(audio);
  }

  /** To be called each 100 ms. */
  decide(): void {
    this.speakers.decide();
  }

  /** To be called a few times a second; answers whether borders or the large picture have something to follow. */
  tell(): boolean {
    const { voiceOf, onSpeaking, onLevels } = this.#options;
    const change = this.speakers.update();
    if (change?.isNews === true) onSpeaking(change);
    for (const told of this.watchers.tell(voiceOf)) onLevels(told);
    return change !== undefined;
  }
}
