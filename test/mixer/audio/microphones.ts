/** What microphones give in the tests of the engine, and how what is heard is looked at. */
import { tone } from './sound.js';
import { frameSamples, type Microphone, type SoundRoom } from './speaker.js';

export const silence: Microphone = (_, count) => new Float32Array(count);

export function sine(frequencyHz: number, amplitude = 0.2): Microphone {
  return (from, count) => tone(frequencyHz, amplitude, from, count);
}

/** Silent but for the ticks from `first` up to `last`. */
export function during(first: number, last: number, microphone: Microphone): Microphone {
  return (from, count) => (from >= first * frameSamples && from < last * frameSamples ? microphone(from, count) : silence(from, count));
}

/** Over and over. */
export function looped(sound: Float32Array): Microphone {
  return (from, count) => Float32Array.from({ length: count }, (_, i) => sound[(from + i) % sound.length]!);
}

/** The ticks [first, last) of what was heard. */
export function ticks(heard: Float32Array, first: number, last: number): Float32Array {
  return heard.subarray(first * frameSamples, last * frameSamples);
}

export interface InputStats {
  readonly decoded: number;
  readonly mixed: boolean;
  readonly voice: { readonly noiseSuppression: string };
}

export function statsOf(room: SoundRoom, participantId: string): InputStats {
  return (room.engine.stats()['participants'] as Record<string, InputStats>)[participantId]!;
}
