/**
 * Joins a running room again and again, in a process of its own: two libwebrtc publishers of different colours stay, a viewer comes, waits for the first
 * picture that shows both, and goes. Options are the JSON of its first argument, the result is its one IPC message.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { MixReceiver, type Region } from '../../test/support/mix-receiver.js';
import { WrtcListener, WrtcPublisher } from '../../test/support/wrtc-client.js';
import { gatheredSdp, type WrtcPeerConnection } from '../../test/support/wrtc.js';
import { createConnection, postOffer } from '../latency/paths.js';

export interface JoinsOptions {
  readonly serverUrl: string;
  readonly room: string;
  readonly joins: number;
  /** Somebody watches all the time: the mix is being encoded already. If not, decoders and encoder begin with each join. */
  readonly isWatched: boolean;
}

/** Milliseconds, one after the other; together they are the time from the POST to the picture. */
export interface JoinTimes {
  /** From the POST to the answer. */
  readonly http: number;
  /** From the answer to ICE and DTLS connected. */
  readonly connect: number;
  /** From connected to the first decoded picture of any content. */
  readonly picture: number;
  /** From the first picture to the first that shows both people. */
  readonly content: number;
}

const left: Region = { left: 0, top: 0.25, width: 0.5, height: 0.5 };
const right: Region = { left: 0.5, top: 0.25, width: 0.5, height: 0.5 };
/** Longer than the server keeps a picture that nobody wants, so that an unwatched room starts from nothing. */
const pauseMs = 2_200;
const timeoutMs = 10_000;

function untilConnected(connection: WrtcPeerConnection): Promise<number> {
  return new Promise((resolve, reject) => {
    connection.onconnectionstatechange = (): void => {
      if (connection.connectionState === 'connected') resolve(performance.now());
      if (connection.connectionState === 'failed') reject(new Error('the connection failed'));
    };
  });
}

async function joinOnce(serverUrl: string, room: string): Promise<JoinTimes> {
  const connection = createConnection();
  const audio = connection.addTransceiver('audio', { direction: 'recvonly' });
  const video = connection.addTransceiver('video', { direction: 'recvonly' });
  const mix = new MixReceiver({ video: video.receiver.track, audio: audio.receiver.track });
  const connected = untilConnected(connection);
  const offer = await gatheredSdp(connection, await connection.createOffer());
  const startMs = performance.now();
  const { answer, session } = await postOffer(`${serverUrl}/whep/${room}`, offer);
  const answeredMs = performance.now();
  await connection.setRemoteDescription({ type: 'answer', sdp: answer });
  const firstPicture = mix.until('a picture', () => mix.frameCount > 0, timeoutMs).then(() => performance.now());
  await mix.until('both people', () => mix.sees('red', left) && mix.sees('blue', right), timeoutMs);
  const contentMs = performance.now();
  const connectedMs = await connected;
  const pictureMs = await firstPicture;
  await fetch(session, { method: 'DELETE' });
  mix.close();
  connection.close();
  return { http: answeredMs - startMs, connect: connectedMs - answeredMs, picture: pictureMs - connectedMs, content: contentMs - pictureMs };
}

async function runJoins({ serverUrl, room, joins, isWatched }: JoinsOptions): Promise<JoinTimes[]> {
  const camera = { widthPx: 640, heightPx: 360, fps: 30 };
  const publishers = [
    await WrtcPublisher.join(serverUrl, room, 'Ann', { color: 'red', toneHz: 440, ...camera }),
    await WrtcPublisher.join(serverUrl, room, 'Bob', { color: 'blue', toneHz: 1_000, ...camera }),
  ];
  const watcher = await WrtcListener.join(serverUrl, room);
  await watcher.mix.until('the room runs', () => watcher.mix.sees('red', left) && watcher.mix.sees('blue', right), timeoutMs);
  if (!isWatched) await watcher.leave();
  const times: JoinTimes[] = [];
  for (let join = 0; join < joins; join += 1) {
    // Not in step with anything that the room does each second.
    await sleep(pauseMs + (join * 370) % 1_000);
    times.push(await joinOnce(serverUrl, room));
  }
  if (isWatched) await watcher.leave();
  for (const publisher of publishers) await publisher.leave();
  return times;
}

const times = await runJoins(JSON.parse(process.argv[2] ?? '{}') as JoinsOptions);
process.send?.(times, () => {
  // libwebrtc's threads would keep it alive.
  process.exit(0);
});
