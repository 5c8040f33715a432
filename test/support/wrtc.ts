/** The part of `@roamhq/wrtc` (libwebrtc in Node) that the tests use, typed here: its own types need the DOM library, which a server's sources must not see. */
import * as wrtcModule from '@roamhq/wrtc';

export interface WrtcTrack {
  readonly kind: 'audio' | 'video';
  enabled: boolean;
  stop(): void;
}

export interface WrtcSender {
  replaceTrack(track: WrtcTrack | null): Promise<void>;
}

export interface WrtcTransceiver {
  readonly mid: string | null;
  direction: string;
  readonly currentDirection: string | null;
  readonly sender: WrtcSender;
  readonly receiver: { readonly track: WrtcTrack };
}

export interface WrtcDescription {
  readonly type: 'offer' | 'answer';
  readonly sdp: string;
}

export interface WrtcPeerConnection {
  readonly iceGatheringState: string;
  readonly connectionState: string;
  readonly localDescription: WrtcDescription | null;
  onicegatheringstatechange: (() => void) | null;
  onconnectionstatechange: (() => void) | null;
  addTransceiver(trackOrKind: WrtcTrack | 'audio' | 'video', init: { direction: string; streams?: readonly object[] }): WrtcTransceiver;
  addTrack(track: WrtcTrack, ...streams: readonly object[]): WrtcSender;
  getTransceivers(): WrtcTransceiver[];
  createOffer(options?: { readonly iceRestart?: boolean }): Promise<WrtcDescription>;
  createAnswer(): Promise<WrtcDescription>;
  setLocalDescription(description: WrtcDescription): Promise<void>;
  setRemoteDescription(description: WrtcDescription): Promise<void>;
  addIceCandidate(candidate: { candidate: string; sdpMid: string }): Promise<void>;
  getStats(): Promise<Iterable<[string, Readonly<Record<string, unknown>>]>>;
  close(): void;
}

/** I420: `data` holds the Y plane, then U and V at half size. */
export interface WrtcFrame {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

export interface WrtcAudioData {
  readonly samples: Int16Array;
  readonly sampleRate: number;
  readonly bitsPerSample?: number;
  readonly channelCount?: number;
  readonly numberOfFrames?: number;
}

export interface WrtcVideoSink {
  onframe: ((event: { frame: WrtcFrame }) => void) | null;
  stop(): void;
}

export interface WrtcAudioSink {
  ondata: ((data: WrtcAudioData) => void) | null;
  stop(): void;
}

interface Wrtc {
  RTCPeerConnection: new (configuration?: object) => WrtcPeerConnection;
  MediaStream: new (options?: { id?: string }) => { readonly id: string };
  nonstandard: {
    RTCVideoSource: new (options?: object) => { createTrack(): WrtcTrack; onFrame(frame: WrtcFrame): void };
    RTCAudioSource: new () => { createTrack(): WrtcTrack; onData(data: WrtcAudioData): void };
    RTCVideoSink: new (track: WrtcTrack) => WrtcVideoSink;
    RTCAudioSink: new (track: WrtcTrack) => WrtcAudioSink;
  };
}

// A CommonJS module: what it exports is the default export here.
export const wrtc = (wrtcModule as unknown as { default: Wrtc }).default;

/** The description with all candidates in it, for signalling without trickle. */
export async function gatheredSdp(connection: WrtcPeerConnection, description: WrtcDescription): Promise<string> {
  const gathered = new Promise<void>((resolve) => {
    connection.onicegatheringstatechange = (): void => {
      if (connection.iceGatheringState === 'complete') resolve();
    };
  });
  await connection.setLocalDescription(description);
  if (connection.iceGatheringState !== 'complete') await gathered;
  connection.onicegatheringstatechange = null;
  return connection.localDescription?.sdp ?? '';
}
