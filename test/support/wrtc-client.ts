/** Real libwebrtc as a WHIP publisher and a WHEP listener: together a full participant. */
import { ColoredToneSource, type ColoredToneOptions } from './colored-tone-source.js';
import { linkedSdp, withoutCandidates, type ThroughLink } from './linked-sdp.js';
import { MixReceiver } from './mix-receiver.js';
import { gatheredSdp, wrtc, type WrtcPeerConnection, type WrtcTrack } from './wrtc.js';

/** A camera and a microphone. */
export interface TrackSource {
  readonly videoTrack: WrtcTrack;
  readonly audioTrack: WrtcTrack;
  close(): void;
}

interface MediaSession {
  readonly url: string;
  readonly participantId: string | undefined;
  /** The server's. */
  readonly answer: string;
}

async function post(url: string, connection: WrtcPeerConnection, throughLink: ThroughLink | undefined): Promise<MediaSession> {
  const offer = await gatheredSdp(connection, await connection.createOffer());
  const body = throughLink === undefined ? offer : withoutCandidates(offer);
  const response = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body });
  const text = await response.text();
  if (response.status !== 201) throw new Error(`${response.status} ${text}`);
  await connection.setRemoteDescription({ type: 'answer', sdp: throughLink === undefined ? text : await linkedSdp(text, throughLink) });
  return { url: new URL(response.headers.get('Location') ?? '', url).href, participantId: response.headers.get('Tessera-Participant') ?? undefined, answer: text };
}

export class WrtcPublisher<Source extends TrackSource = ColoredToneSource> {
  readonly source: Source;
  readonly connection: WrtcPeerConnection;
  readonly #session: MediaSession;

  private constructor(source: Source, connection: WrtcPeerConnection, session: MediaSession) {
    this.source = source;
    this.connection = connection;
    this.#session = session;
  }

  static async join(serverUrl: string, room: string, name: string, media: ColoredToneOptions): Promise<WrtcPublisher> {
    return WrtcPublisher.publish(serverUrl, room, name, new ColoredToneSource(media));
  }

  /**
   * `source` is closed with the publisher.
   *
   * @param throughLink where a bad network is to lie between him and the server
   */
  static async publish<Source extends TrackSource>(serverUrl: string, room: string, name: string, source: Source, throughLink?: ThroughLink): Promise<WrtcPublisher<Source>> {
    const connection = new wrtc.RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    const stream = new wrtc.MediaStream({ id: 'own' });
    connection.addTransceiver(source.audioTrack, { direction: 'sendonly', streams: [stream] });
    connection.addTransceiver(source.videoTrack, { direction: 'sendonly', streams: [stream] });
    const session = await post(`${serverUrl}/whip/${room}?name=${encodeURIComponent(name)}`, connection, throughLink);
    return new WrtcPublisher(source, connection, session);
  }

  get participantId(): string {
    return this.#session.participantId ?? '';
  }

  async leave(): Promise<void> {
    await fetch(this.#session.url, { method: 'DELETE' });
    this.vanish();
  }

  /** As a process that is killed: nobody is told. */
  vanish(): void {
    this.source.close();
    this.connection.close();
  }
}

export class WrtcListener {
  readonly mix: MixReceiver;
  readonly connection: WrtcPeerConnection;
  readonly #session: MediaSession;

  private constructor(mix: MixReceiver, connection: WrtcPeerConnection, session: MediaSession) {
    this.mix = mix;
    this.connection = connection;
    this.#session = session;
  }

  /**
   * @param as the participant whose own voice is left out
   * @param throughLink where a bad network is to lie between the listener and the server
   * @param maxHeight the most rows of picture that he takes
   */
  static async join(serverUrl: string, room: string, as?: string, throughLink?: ThroughLink, maxHeight?: number): Promise<WrtcListener> {
    const connection = new wrtc.RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    const audio = connection.addTransceiver('audio', { direction: 'recvonly' });
    const video = connection.addTransceiver('video', { direction: 'recvonly' });
    const mix = new MixReceiver({ video: video.receiver.track, audio: audio.receiver.track });
    const wishes = new URLSearchParams({ ...(as === undefined ? {} : { as }), ...(maxHeight === undefined ? {} : { maxHeight: String(maxHeight) }) });
    const session = await post(`${serverUrl}/whep/${room}?${wishes.toString()}`, connection, throughLink);
    return new WrtcListener(mix, connection, session);
  }

  /** The session's own. */
  get url(): string {
    return this.#session.url;
  }

  /** The server's, to the first offer. */
  get answer(): string {
    return this.#session.answer;
  }

  async leave(): Promise<void> {
    await fetch(this.#session.url, { method: 'DELETE' });
    this.vanish();
  }

  vanish(): void {
    this.mix.close();
    this.connection.close();
  }
}
