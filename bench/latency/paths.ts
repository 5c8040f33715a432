/** The two ways from the sender to the receiver: straight, or through a Tessera room. The clients are the same. */
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

function receivedTracks(connection: WrtcPeerConnection): { readonly video: WrtcTrack; readonly audio: WrtcTrack } {
  const [audio, video] = (['audio', 'video'] as const).map((kind) => connection.getTransceivers().find(({ receiver }) => receiver.track.kind === kind)?.receiver.track);
  if (audio === undefined || video === undefined) throw new Error('the receiver has no sound or no picture');
  return { audio, video };
}

export async function openDirect(tracks: SentTracks): Promise<OpenPath> {
  const sending = createConnection();
  const receiving = createConnection();
  addTracks(sending, tracks);
  await receiving.setRemoteDescription({ type: 'offer', sdp: await gatheredSdp(sending, await sending.createOffer()) });
  await sending.setRemoteDescription({ type: 'answer', sdp: await gatheredSdp(receiving, await receiving.createAnswer()) });
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

/** The receiver listens as a viewer does, so it hears the sender. */
export async function openThroughRoom(tracks: SentTracks, serverUrl: string, room: string): Promise<OpenPath> {
  const sending = createConnection();
  const receiving = createConnection();
  addTracks(sending, tracks);
  const published = await postOffer(`${serverUrl}/whip/${room}?name=Ann`, await gatheredSdp(sending, await sending.createOffer()));
  await sending.setRemoteDescription({ type: 'answer', sdp: published.answer });
  receiving.addTransceiver('audio', { direction: 'recvonly' });
  receiving.addTransceiver('video', { direction: 'recvonly' });
  const viewed = await postOffer(`${serverUrl}/whep/${room}`, await gatheredSdp(receiving, await receiving.createOffer()));
  await receiving.setRemoteDescription({ type: 'answer', sdp: viewed.answer });
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
