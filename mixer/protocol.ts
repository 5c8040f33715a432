/**
 * Everything that crosses the border between the room process's main thread and its mixer thread.
 * Media crosses it as whole encoded frames with media time, never as RTP. Every `data` is transferred, not copied: whoever posts it must not
 * touch it afterwards. Times are integer microseconds from the room's zero (see `clock/room-clock.ts`).
 */

export type VideoCodec = 'vp8' | 'h264';
export type VideoSource = 'camera' | 'screen';
export type RotationDegrees = 0 | 90 | 180 | 270;

export interface VideoFormat {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly fps: number;
}

export interface MixerOptions {
  /** `process.hrtime()` of the room's zero: both threads read the same monotonic clock. */
  readonly zero: readonly [seconds: number, nanoseconds: number];
  readonly canvas: VideoFormat;
  /** Larger pictures are not decoded; the tile shows the avatar and the refusal is counted. */
  readonly maxInputPixels: number;
  readonly audio: AudioSettings;
}

/** `voice`: mono, speech coding, people are levelled. `music`: stereo, 96 kbps and more, levels are left as they are. */
export type AudioMode = 'voice' | 'music';

/** Of the room's sound, for as long as the room lasts. */
export interface AudioSettings {
  readonly mode: AudioMode;
  /** Of each stream that leaves, 6,000 to 510,000. */
  readonly bitrateBps: number;
  /** Of the Opus encoders, 0 to 10 (RFC 6716 calls it effort): more CPU, better sound. */
  readonly complexity: number;
  /** Of those who speak at the same time, so many are mixed: the ones who have spoken up most. */
  readonly maxTalkers: number;
}

/** Canvas pixels, all even: 4:2:0 chroma has no odd positions. */
export interface TileRectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface SceneTile {
  readonly participantId: string;
  readonly source: VideoSource;
  readonly rectangle: TileRectangle;
  readonly fit: 'cover' | 'letterbox';
  readonly name: string;
  readonly showName: boolean;
  readonly speaking: boolean;
  readonly muted: boolean;
  /** False: the participant says that this source is off; the avatar is shown at once. */
  readonly live: boolean;
}

/** What the canvas shows, as a whole: the mixer takes over a scene at its next tick, and decodes only whom the scene shows. */
export interface Scene {
  readonly tiles: readonly SceneTile[];
}

export interface AudioPacket {
  readonly participantId: string;
  /** RTP sequence number, unwrapped: grows by one a packet, a hole is a loss (or a late packet). */
  readonly index: number;
  /** Capture time on the room's clock. */
  readonly ptsUs: number;
  readonly arrivalUs: number;
  /** RFC 6464, -127..0; undefined where the client does not send it: then it is measured. */
  readonly levelDbov: number | undefined;
  /** One Opus packet. */
  readonly data: Uint8Array;
}

export interface VideoFrame {
  readonly participantId: string;
  readonly source: VideoSource;
  readonly codec: VideoCodec;
  readonly ptsUs: number;
  readonly arrivalUs: number;
  readonly keyframe: boolean;
  /** Something between the frame before and this one was lost: decoding goes on at the next keyframe. */
  readonly gapBefore: boolean;
  readonly rotationDegrees: RotationDegrees;
  /** VP8 frame, or H.264 access unit in Annex B. */
  readonly data: Uint8Array;
}

export interface VideoOutput {
  readonly outputId: string;
  readonly codec: VideoCodec;
  readonly format: VideoFormat;
  readonly bitrateBps: number;
}

/** One participant's way into the mix, as moderators and himself have set it. */
export interface VoiceSettings {
  /** Heard by nobody, whatever he sends. */
  readonly muted: boolean;
  /** Of his voice for everyone, -60 to 20. */
  readonly gainDb: number;
  /** Whether his loudness is brought toward the common one; without effect in `music` rooms. */
  readonly levelled: boolean;
  readonly noiseSuppressed: boolean;
}

/** One row of the matrix of who hears whom: what one participant hears, his own voice aside. */
export interface Hearing {
  /** Gain in dB, -60 to 20, of those who are not in `sources`; null: not heard. */
  readonly restDb: number | null;
  /** By the participant's id. */
  readonly sources: Readonly<Record<string, number | null>>;
}

/** A file that is played into the room, or to some of it. */
export interface SoundOrder {
  readonly soundId: string;
  /** Absolute, of a file on this machine that the operator put there. */
  readonly path: string;
  /** Until it is stopped. */
  readonly loop: boolean;
  /** -60 to 20. */
  readonly gainDb: number;
  /** Participants who hear it; undefined: all who hear the mix, recordings too. */
  readonly participantIds: readonly string[] | undefined;
}

/** So many listeners lose so much, in whole percent, 0 to 100. */
export interface LossCount {
  readonly percent: number;
  readonly listeners: number;
}

/** What listeners report to have lost of their sound. */
export interface ReportedLoss {
  /** Of those who take the whole mix, recordings (which lose nothing) included. */
  readonly mix: readonly LossCount[];
  /** In percent; who is not named loses nothing. */
  readonly participants: Readonly<Record<string, number>>;
}

/** Who takes sound: the whole mix (listeners, recordings), and each participant who wants to hear the room without himself. */
export interface AudioListeners {
  readonly mix: boolean;
  readonly participantIds: readonly string[];
}

export type MixerCommand =
  | { readonly type: 'addParticipant'; readonly participantId: string }
  | { readonly type: 'removeParticipant'; readonly participantId: string }
  | { readonly type: 'audioPacket'; readonly packet: AudioPacket }
  | { readonly type: 'videoFrame'; readonly frame: VideoFrame }
  | { readonly type: 'setScene'; readonly scene: Scene }
  | { readonly type: 'addVideoOutput'; readonly output: VideoOutput }
  | { readonly type: 'removeVideoOutput'; readonly outputId: string }
  | { readonly type: 'requestKeyframe'; readonly outputId: string }
  | { readonly type: 'setAudioListeners'; readonly listeners: AudioListeners }
  | { readonly type: 'setVoice'; readonly participantId: string; readonly voice: VoiceSettings }
  | { readonly type: 'setHearing'; readonly participantId: string; readonly hearing: Hearing }
  | { readonly type: 'setReportedLoss'; readonly loss: ReportedLoss }
  /** `soundEnded` tells its end, whatever it is. */
  | { readonly type: 'playSound'; readonly sound: SoundOrder }
  /** Of a sound that is played to some; for those who stay it goes on. */
  | { readonly type: 'setSoundListeners'; readonly soundId: string; readonly participantIds: readonly string[] }
  | { readonly type: 'stopSound'; readonly soundId: string }
  | { readonly type: 'snapshot'; readonly requestId: number }
  | { readonly type: 'stats'; readonly requestId: number }
  /** Answered at once. */
  | { readonly type: 'ping' }
  | { readonly type: 'close' };

export interface EncodedVideo {
  readonly outputId: string;
  readonly ptsUs: number;
  readonly keyframe: boolean;
  /** VP8 frame, or H.264 access unit in Annex B with SPS and PPS before every IDR. */
  readonly data: Uint8Array;
}

/** A voice in a mix, with its level there (RFC 6464's scale). */
export interface HeardVoice {
  readonly participantId: string;
  readonly levelDbov: number;
}

/** What some participants get instead of the mix. */
export interface EncodedStream {
  readonly participantIds: readonly string[];
  /** Whose voices are in it, loudest first; undefined: those of the mix, without the voice of him who gets it. */
  readonly heard: readonly HeardVoice[] | undefined;
  readonly data: Uint8Array;
}

/** One 20 ms tick of sound for everyone. Who is in one of the `streams` gets that; every other listener of this tick gets `mix` (he has no share in it). */
export interface EncodedAudio {
  readonly ptsUs: number;
  /** Whose voices are in this tick's mix, with their level there (RFC 6464's scale), loudest first. */
  readonly heard: readonly HeardVoice[];
  readonly mix: Uint8Array | undefined;
  /** For whom it was mixed, as `AudioListeners` said then: in the `mix` of a tick that is older than his wish, a participant may hear himself. */
  readonly participantIds: readonly string[];
  readonly streams: readonly EncodedStream[];
}

/** Counters and gauges by stage; plain JSON, served as it is under /stats. */
export type MixerStats = Readonly<Record<string, unknown>>;

export interface MixerClosingReport {
  /** Native frames, packets and contexts not freed: 0, or it is a bug. */
  readonly liveNativeObjects: number;
}

/** As he was heard before anything was done about it, and what that says of his own levels. */
export interface MeasuredLevel {
  readonly participantId: string;
  /** -127..0, as RFC 6464 counts; undefined: he was not decoded. */
  readonly levelDbov: number | undefined;
  /** What he claims counts for no more than that, until it is told anew; 0: he is believed. */
  readonly capDbov: number;
}

export type MixerEvent =
  | { readonly type: 'ready' }
  | { readonly type: 'encodedVideo'; readonly video: EncodedVideo }
  | { readonly type: 'encodedAudio'; readonly audio: EncodedAudio }
  /** The decoder cannot go on without one; the receiver of this event throttles. */
  | { readonly type: 'keyframeNeeded'; readonly participantId: string; readonly source: VideoSource }
  /** Each 100 ms, of those who are decoded (who sends RFC 6464 levels is only while he is mixed) and whose cap is another one; at once of whom is found out. */
  | { readonly type: 'levels'; readonly levels: readonly MeasuredLevel[] }
  /** A sound has played to its end, or was stopped (`error` undefined), or cannot be played. */
  | { readonly type: 'soundEnded'; readonly soundId: string; readonly error: string | undefined }
  /** The picture size of a source changed (after rotation). */
  | { readonly type: 'pictureSize'; readonly participantId: string; readonly source: VideoSource; readonly widthPx: number; readonly heightPx: number }
  | { readonly type: 'snapshot'; readonly requestId: number; readonly png: Uint8Array }
  | { readonly type: 'stats'; readonly requestId: number; readonly stats: MixerStats }
  | { readonly type: 'pong' }
  /** A stage failed and recovered, or a participant's media cannot be used; counted, told, never thrown. */
  | { readonly type: 'fault'; readonly stage: string; readonly participantId: string | undefined; readonly message: string }
  | { readonly type: 'closed'; readonly report: MixerClosingReport };
