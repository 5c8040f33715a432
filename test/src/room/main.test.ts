import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { RoomProcessMessage, RoomRequestMessage } from '../../../src/rooms/protocol.js';
import { roomForkOptions } from '../../../src/rooms/room-process.js';
import { roomOptions } from './room-rig.js';

const modulePath = fileURLToPath(new URL('../../../src/room/main.js', import.meta.url));

/** The process itself, as the server starts it. */
describe('room process', () => {
  let child: ChildProcess;
  const heard: RoomProcessMessage[] = [];

  before(async () => {
    child = fork(modulePath, roomForkOptions(process.env));
    child.on('message', (message) => heard.push(message as RoomProcessMessage));
    await hear((message) => message.type === 'ready');
  });
  after(() => child.kill('SIGKILL'));
  beforeEach(() => (heard.length = 0));

  async function hear(isIt: (message: RoomProcessMessage) => boolean): Promise<void> {
    while (!heard.some(isIt)) await once(child, 'message');
  }

  /** All that is told up to the answers to these requests, which are asked in one go. */
  async function ask(...requests: RoomRequestMessage[]): Promise<RoomProcessMessage[]> {
    for (const request of requests) child.send(request);
    for (const { requestId } of requests) await hear((message) => 'requestId' in message && message.requestId === requestId);
    return [...heard];
  }

  /** Short words for messages, in their order: who is in a description, which request an answer answers. */
  function outline(messages: readonly RoomProcessMessage[]): string[] {
    return messages.map((message) => {
      if (message.type === 'changed') return `changed: ${message.room.participants.map(({ id, audio }) => (audio ? id.toUpperCase() : id)).join(' ')}`;
      if (message.type === 'error') return `error ${message.requestId}: ${message.error.code}`;
      return message.type === 'answer' ? `answer ${message.requestId}` : message.type;
    });
  }

  function join(requestId: number, sessionId: string): RoomRequestMessage {
    return { requestId, name: 'join', params: { sessionId, name: sessionId } };
  }

  it('knows no room before it has opened one', async () => {
    expect(outline(await ask({ requestId: 1, name: 'stats', params: {} }))).to.deep.equal(['error 1: room_not_found']);
  });

  it('gives a bug the id under which the log has its cause', async () => {
    const other = fork(modulePath, roomForkOptions(process.env));
    const told: RoomProcessMessage[] = [];
    other.on('message', (message) => told.push(message as RoomProcessMessage));
    other.send({ requestId: 1, name: 'open', params: { options: { ...roomOptions, udpHosts: ['localhost'] } } } satisfies RoomRequestMessage);
    while (!told.some(({ type }) => type === 'error')) await once(other, 'message');
    other.kill('SIGKILL');
    const answer = told.find((message) => message.type === 'error');
    const log = told.find((message) => message.type === 'log');
    expect(answer?.error.code).to.equal('internal');
    const { requestId } = answer?.error.details as { requestId: string };
    expect(requestId).to.match(/^[0-9a-f]{16}$/);
    expect(log?.fields).to.include({ requestId });
    expect(String(log?.fields['error'])).to.include('the UDP host must be an IP address');
  });

  it('opens one room, and says on which port', async () => {
    const told = await ask({ requestId: 2, name: 'open', params: { options: roomOptions } });
    expect(outline(told)).to.deep.equal(['changed: ', 'answer 2']);
    const answer = told.at(-1);
    expect(answer?.type === 'answer' && (answer.result as { udpPort: number }).udpPort).to.be.within(1_024, 65_535);
  });

  it('answers who comes only after it has told that he is there', async () => {
    const told = outline(await ask(join(3, 'ann'), join(4, 'ben'), { requestId: 5, name: 'setMedia', params: { sessionId: 'ben', audio: true, video: false, screen: false } }));
    for (const [answer, id] of [['answer 3', 'ann'], ['answer 4', 'ben']] as const) {
      const known = told.slice(0, told.indexOf(answer)).findLast((line) => line.startsWith('changed'));
      expect(known?.toLowerCase(), answer).to.include(id);
    }
  });

  it('tells once what many requests of one turn brought about, before it answers any of them', async () => {
    const setMedia = (requestId: number, sessionId: string): RoomRequestMessage => ({ requestId, name: 'setMedia', params: { sessionId, audio: true, video: true, screen: false } });
    // They travel together, but nothing promises that they are read together.
    const messages = await ask(...[10, 11, 12, 13, 14, 15].map((requestId) => setMedia(requestId, requestId % 2 === 0 ? 'ann' : 'ben')));
    const told = outline(messages);
    // As a whole: the short words do not say whose camera is on.
    const changes = messages.flatMap((message) => (message.type === 'changed' ? [JSON.stringify(message.room)] : []));
    expect(new Set(changes).size, 'never the same twice').to.equal(changes.length);
    expect(told.indexOf('changed: ANN BEN')).to.be.within(0, told.indexOf('answer 11'));
  });

  it('has told that nobody is there any more when it refuses somebody', async () => {
    const told = outline(await ask({ requestId: 20, name: 'publish', params: { sessionId: 'cam', name: 'Camera', offer: 'no SDP' } }));
    expect(told.at(-1)).to.equal('error 20: sdp_invalid');
    expect(told.findLast((line) => line.startsWith('changed')) ?? 'changed: ANN BEN').to.equal('changed: ANN BEN');
    expect(told).to.include('sessionEnded');
  });

  it('tells everybody why it closes, answers, and ends by itself', async () => {
    const exited = once(child, 'exit');
    const told = await ask({ requestId: 30, name: 'close', params: { reason: 'room_closed' } });
    expect(told.flatMap((message) => (message.type === 'sessionEnded' ? [`${message.sessionId}: ${message.reason}`] : []))).to.deep.equal(['ann: room_closed', 'ben: room_closed']);
    expect(told.at(-1)).to.deep.equal({ type: 'answer', requestId: 30, result: {} });
    expect(await exited).to.deep.equal([0, null]);
  });
});
