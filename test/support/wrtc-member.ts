/** Real libwebrtc behind the page's own signalling: a participant over the WebSocket, who is offered and answers. */
import { ColoredToneSource, type ColoredToneOptions } from './colored-tone-source.js';
import { linkedSdp, withoutCandidates, type ThroughLink } from './linked-sdp.js';
import { MixReceiver } from './mix-receiver.js';
import { SignallingClient } from './signalling-client.js';
import { gatheredSdp, wrtc, type WrtcPeerConnection } from './wrtc.js';

export class WrtcMember {
  readonly participantId: string;
  readonly source: ColoredToneSource;
  readonly connection: WrtcPeerConnection;
  readonly mix: MixReceiver;
  readonly signalling: SignallingClient;

  private constructor(participantId: string, source: ColoredToneSource, connection: WrtcPeerConnection, signalling: SignallingClient) {
    this.participantId = participantId;
    this.source = source;
    this.connection = connection;
    this.signalling = signalling;
    const [audio, video] = connection.getTransceivers();
    this.mix = new MixReceiver({ video: video?.receiver.track, audio: audio?.receiver.track });
  }

  /** @param throughLink where a bad network is to lie between the member and the server */
  static async join(serverUrl: string, room: string, name: string, media: ColoredToneOptions, throughLink?: ThroughLink): Promise<WrtcMember> {
    const signalling = await SignallingClient.connect(serverUrl);
    const { participantId } = await signalling.join(room, name);
    const { sdp } = await signalling.next('offer');
    const connection = new wrtc.RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    await connection.setRemoteDescription({ type: 'offer', sdp: throughLink === undefined ? sdp : await linkedSdp(sdp, throughLink) });
    const source = new ColoredToneSource(media);
    const [microphone, camera] = connection.getTransceivers();
    for (const [transceiver, track] of [[microphone, source.audioTrack], [camera, source.videoTrack]] as const) {
      if (transceiver === undefined) throw new Error('the offer lacks a section');
      transceiver.direction = 'sendrecv';
      await transceiver.sender.replaceTrack(track);
    }
    const answer = await gatheredSdp(connection, await connection.createAnswer());
    signalling.send({ type: 'answer', sdp: throughLink === undefined ? answer : withoutCandidates(answer) });
    return new WrtcMember(participantId, source, connection, signalling);
  }

  async leave(): Promise<void> {
    this.signalling.send({ type: 'leave' });
    await this.signalling.closed;
    this.vanish();
  }

  vanish(): void {
    this.signalling.socket.terminate();
    this.mix.close();
    this.source.close();
    this.connection.close();
  }
}
