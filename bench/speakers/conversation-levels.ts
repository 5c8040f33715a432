/** A script as the microphones hear it, and their levels as RFC 6464 has clients send them: the root mean square of each 20 ms against full scale. */
import type { SeededRandom } from '../network/seeded-random.js';
import type { ConversationScript } from './conversation-script.js';
import { frameMs, noPacket, type LevelTrace } from './level-trace.js';
import { speechRateHz } from './spoken-phrases.js';

const frameSamples = (speechRateHz * frameMs) / 1000;
/** What speech is made at. */
const speechDbov = -26;
/** Digital silence, RFC 6464 3. */
const silenceLevel = 127;
/** To the other end, out of the loudspeaker, and into its microphone. */
const echoDelaySamples = Math.round(0.15 * speechRateHz);
/** A client with DTX keeps sending for so long after the last sound, and counts as sound what is so far above its room. */
const dtxHangFrames = 10;
const dtxAboveFanDb = 6;

export function measureLevels(script: ConversationScript, random: SeededRandom): LevelTrace {
  const { kind, turns } = script;
  const voiceOnly = new Float32Array(script.samples + echoDelaySamples);
  const levels: Uint8Array[] = [];
  if (kind.echoBelowSpeechDb !== undefined) for (const { isVoice, samples, startSample } of script.sounds) if (isVoice) add(voiceOnly, samples, startSample, 1);
  for (let person = 0; person < kind.people; person += 1) {
    const sound = new Float32Array(script.samples);
    for (const piece of script.sounds) if (piece.person === person) add(sound, piece.samples, piece.startSample, 1);
    if (kind.echoBelowSpeechDb !== undefined) addEcho(sound, voiceOnly, person, script, toFactor(-kind.echoBelowSpeechDb));
    const [quietestDb, loudestDb] = kind.fanBelowSpeechDb;
    const fanDbov = speechDbov - quietestDb + (quietestDb - loudestDb) * random.next();
    addFan(sound, fanDbov, random);
    const gainDb = kind.gainSpreadDb * (2 * random.next() - 1);
    const hasDtx = random.next() < kind.dtxShare;
    const measured = levelsOf(sound, toFactor(gainDb));
    levels.push(hasDtx ? withDtx(measured, -(fanDbov + gainDb + dtxAboveFanDb)) : measured);
  }
  return { name: kind.name, levels, turns };
}

/** All voices but his own: a canceller takes what it sent out of what it hears, here all but so many dB. */
function addEcho(sound: Float32Array, voices: Float32Array, person: number, script: ConversationScript, factor: number): void {
  const others = voices.slice();
  for (const { person: who, isVoice, samples, startSample } of script.sounds) if (isVoice && who === person) add(others, samples, startSample, -1);
  add(sound, others.subarray(0, sound.length - echoDelaySamples), echoDelaySamples, factor);
}

/** Air, more low than high. */
function addFan(sound: Float32Array, levelDbov: number, random: SeededRandom): void {
  const memory = 0.8;
  // White noise of peak 1 has a third of its power; the filter gives 1 / (1 - memory^2) of it.
  const factor = toFactor(levelDbov) * Math.sqrt(3 * (1 - memory * memory));
  let last = 0;
  for (let sample = 0; sample < sound.length; sample += 1) {
    last = memory * last + (2 * random.next() - 1);
    sound[sample] = (sound[sample] ?? 0) + factor * last;
  }
}

function add(target: Float32Array, samples: Float32Array, start: number, factor: number): void {
  const count = Math.min(samples.length, target.length - start);
  for (let sample = 0; sample < count; sample += 1) target[start + sample] = (target[start + sample] ?? 0) + factor * (samples[sample] ?? 0);
}

function levelsOf(sound: Float32Array, factor: number): Uint8Array {
  return Uint8Array.from({ length: Math.floor(sound.length / frameSamples) }, (_unused, frame) => {
    let power = 0;
    for (let sample = 0; sample < frameSamples; sample += 1) {
      const value = Math.max(-1, Math.min(1, factor * (sound[Math.round(frame * frameSamples) + sample] ?? 0)));
      power += value * value;
    }
    return power === 0 ? silenceLevel : Math.min(silenceLevel, Math.round(-10 * Math.log10(power / frameSamples)));
  });
}

/** @param quietLevel magnitude: from it on, downwards, nothing is to be heard */
function withDtx(levels: Uint8Array, quietLevel: number): Uint8Array {
  let quietFrames = 0;
  return levels.map((level) => {
    quietFrames = level < quietLevel ? 0 : quietFrames + 1;
    return quietFrames > dtxHangFrames ? noPacket : level;
  });
}

function toFactor(db: number): number {
  return 10 ** (db / 20);
}
