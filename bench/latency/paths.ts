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

/** The receiver listens as a viewer does, so it hears the sender. */
export async function openThroughRoom(tracks: SentTracks, serverUrl: string, room: string, links: RoomLinks = {}): Promise<OpenPath> {
  const sending = createConnection();
  const receiving = createConnection();
  addTracks(sending, tracks);
  const published = await postOffer(`${serverUrl}/whip/${room}?name=Ann`, offered(await gatheredSdp(sending, await sending.createOffer()), links.sending));
  await sending.setRemoteDescription({ type: 'answer', sdp: await answered(published.answer, links.sending) });
  receiving.addTransceiver('audio', { direction: 'recvonly' });
  receiving.addTransceiver('video', { direction: 'recvonly' });
  const viewed = await postOffer(`${serverUrl}/whep/${room}`, offered(await gatheredSdp(receiving, await receiving.createOffer()), links.receiving));
  await receiving.setRemoteDescription({ type: 'answer', sdp: await answered(viewed.answer, links.receiving) });
  return {
    sending,
    receiving,
    ...receivedTracks(receiving),
    async close() {
      for (const session of [published.session, viewed.session]) await fetch(session, { method: 'DELETE' });
      sending.close();
      receiving.close();
    },
  };
}
