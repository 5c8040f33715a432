/** Joining as the product's own page does (docs/signalling.md): one WebSocket, the server's offer, its wishes for what is worth sending. */
import { WebSocket } from 'ws';
import type { MediaPlan, Peer } from '../../src/peer/index.js';
import type { EncodingWish } from '../../src/rooms/protocol.js';
import type { ClientMessage, ServerMessage } from '../../src/signalling/messages.js';
import type { Exchange } from './client-kit.js';

export interface PageExchangeOptions {
  /** Origin of the server. */
  readonly url: URL;
  readonly room: string;
  readonly name: string;
  /** What is sent, by the kinds of the server's m-lines; nothing is taken. */
  readonly plans: readonly MediaPlan[];
  readonly onWish: (wish: EncodingWish) => void;
}

/** @throws {Error} with the server's own words when it refuses. */
export async function joinAsPage(peer: Peer, { url, room, name, plans, onWish }: PageExchangeOptions): Promise<Exchange> {
  const socket = new WebSocket(new URL('/ws', url.href.replace(/^http/, 'ws')));
  const say = (message: ClientMessage): void => socket.send(JSON.stringify(message));
  let participantId: string | undefined;
  const media = await new Promise<Exchange['media']>((resolve, reject) => {
    socket.once('open', () => say({ type: 'join', room, name, audio: true, video: true }));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error(`${url.origin} closed the socket`)));
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as ServerMessage;
      if (message.type === 'joined') participantId = message.participantId;
      else if (message.type === 'encoding') onWish(message);
      else if (message.type === 'error') reject(new Error(`the server refused: ${message.error.code}: ${message.error.message}`));
      else if (message.type === 'offer') {
        // The first m-line of each kind: microphone and camera.
        const outcome = peer.acceptOffer(message.sdp, (remote) =>
          plans.flatMap((plan) => {
            const line = remote.find(({ kind }) => kind === plan.kind);
            return line === undefined ? [] : [{ ...plan, mid: line.mid }];
          }),
        );
        say({ type: 'answer', sdp: outcome.answer });
        resolve(outcome.media);
      }
    });
  }).catch((error: unknown) => {
    socket.terminate();
    throw error;
  });
  return {
    media,
    participantId,
    close: async () => {
      if (socket.readyState === WebSocket.CLOSED) return;
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.close();
      await closed;
    },
  };
}
