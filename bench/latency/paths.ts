/** The two ways from the sender to the receiver: straight, or through a Tessera room. The clients are the same. */
import { linkedSdp, withoutCandidates, type ThroughLink } from '../../test/support/linked-sdp.js';
import { gatheredSdp, wrtc, type WrtcPeerConnection, type WrtcTrack } from '../../test/support/wrtc.js';

export interface SentTracks {
  readonly video: WrtcTrack;
  readonly audio: WrtcTrack;
}

export interface OpenPath {
  readonly sending: WrtcPeerConnection;
  readonly receiving: WrtcPeerConnection;
  readonly video: WrtcTrack;
  readonly audio: WrtcTrack;
  close(): Promise<void>;
}

export function createConnection(): WrtcPeerConnection {
  return new wrtc.RTCPeerConnection({ bundlePolicy: 'max-bundle' });
}

/** @returns the address of the session, to be deleted at the end */
export async function postOffer(url: string, offer: string): Promise<{ readonly answer: string; readonly session: string }> {
  const response = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body: offer });
  const answer = await response.text();
  if (response.status !== 201) throw new Error(`POST ${url} answered ${response.status}: ${answer}`);
  return { answer, session: new URL(response.headers.get('Location') ?? '', url).href };
}

function addTracks(connection: WrtcPeerConnection, { video, audio }: SentTracks): void {
  const stream = new wrtc.MediaStream({ id: 'own' });
  connection.addTransceiver(audio, { direction: 'sendonly', streams: [stream] });
  connection.addTransceiver(video, { direction: 'sendonly', streams: [stream] });
}

function offered(sdp: string, throughLink: ThroughLink | undefined): string {
  return throughLink === undefined ? sdp : withoutCandidates(sdp);
}

async function answered(sdp: string, throughLink: ThroughLink | undefined): Promise<string> {
  return throughLink === undefined ? sdp : linkedSdp(sdp, throughLink);
}

function receivedTracks(connection: WrtcPeerConnection): { readonly video: WrtcTrack; readonly audio: WrtcTrack } {
  const [audio, video] = (['audio', 'video'] as const).map((kind) => connection.getTransceivers().find(({ receiver }) => receiver.track.kind === kind)?.receiver.track);
  if (audio === undefined || video === undefined) throw new Error('the receiver has no sound or no picture');
  return { audio, video };
}

/** @param throughLink where a bad network is to lie between the two; the receiver is its server */
export async function openDirect(tracks: SentTracks, throughLink?: ThroughLink): Promise<OpenPath> {
  const sending = createConnection();
  const receiving = createConnection();
  addTracks(sending, tracks);
  await receiving.setRemoteDescription({ type: 'offer', sdp: offered(await gatheredSdp(sending, await sending.createOffer()), throughLink) });
  await sending.setRemoteDescription({ type: 'answer', sdp: await answered(await gatheredSdp(receiving, await receiving.createAnswer()), throughLink) });
  return {
    sending,
    receiving,
    ...receivedTracks(receiving),
    close() {
      sending.close();
      receiving.close();
      return Promise.resolve();
    },
  };
}

/** Where a bad network is to lie between a client and the server. */
export interface RoomLinks {
  readonly sending?: ThroughLink | undefined;
  readonly receiving?: ThroughLink | undefined;
}

/** As `POST /api/rooms` takes it. */
export interface RoomShape {
  readonly layout?: string;
  readonly video?: { readonly width: number; readonly height: number; readonly fps?: number };
}

/** For a room that is not to be as the server's configuration says, or is to be there before anyone joins. */
export async function openRoom(serverUrl: string, name: string, shape: RoomShape = {}): Promise<void> {
  const response = await fetch(`${serverUrl}/api/rooms`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ name, ...shape }) });
  if (response.status !== 201) throw new Error(`the room ${name} could not be opened: ${response.status} ${await response.text()}`);
  await response.arrayBuffer();
}

/** One client of a room. */
export interface RoomClient {
  readonly connection: WrtcPeerConnection;
  /** Tells the room, then ends. */
  close(): Promise<void>;
}

export interface RoomViewer extends RoomClient {
  readonly video: WrtcTrack;
  readonly audio: WrtcTrack;
}

export interface PublishOptions {
  readonly name?: string;
  /** Where a bad network is to lie between the publisher and the room. */
  readonly throughLink?: ThroughLink | undefined;
}

export async function publish(tracks: SentTracks, serverUrl: string, room: string, { name = 'Ann', throughLink }: PublishOptions = {}): Promise<RoomClient> {
  const connection = createConnection();
  addTracks(connection, tracks);
  return joined(connection, `${serverUrl}/whip/${room}?name=${name}`, throughLink);
}

/** Hears and sees the listeners' mix. */
export async function view(serverUrl: string, room: string, throughLink?: ThroughLink): Promise<RoomViewer> {
  const connection = createConnection();
  connection.addTransceiver('audio', { direction: 'recvonly' });
  connection.addTransceiver('video', { direction: 'recvonly' });
  return { ...(await joined(connection, `${serverUrl}/whep/${room}`, throughLink)), ...receivedTracks(connection) };
}

async function joined(connection: WrtcPeerConnection, url: string, throughLink: ThroughLink | undefined): Promise<RoomClient> {
  const { answer, session } = await postOffer(url, offered(await gatheredSdp(connection, await connection.createOffer()), throughLink));
  await connection.setRemoteDescription({ type: 'answer', sdp: await answered(answer, throughLink) });
  return {
    connection,
    async close() {
      await fetch(session, { method: 'DELETE' });
      connection.close();
    },
  };
}

/** The receiver listens as a viewer does, so it hears the sender. */
export async function openThroughRoom(tracks: SentTracks, serverUrl: string, room: string, links: RoomLinks = {}): Promise<OpenPath> {
  const publisher = await publish(tracks, serverUrl, room, { throughLink: links.sending });
  const viewer = await view(serverUrl, room, links.receiving);
  return {
    sending: publisher.connection,
    receiving: viewer.connection,
    video: viewer.video,
    audio: viewer.audio,
    async close() {
      await publisher.close();
      await viewer.close();
    },
  };
}
