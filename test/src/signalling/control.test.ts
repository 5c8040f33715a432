import { join } from 'node:path';
import { expect } from 'chai';
import { rootFolder } from '../../support/root-folder.js';
import type { SignallingClient } from '../../support/signalling-client.js';
import { startTestServer, type TestServer } from '../../support/test-server.js';

describe('control over the WebSocket', () => {
  const soundsFolder = join(rootFolder, 'sounds');
  let test: TestServer;
  let ann: SignallingClient;
  let ben: SignallingClient;
  let annId: string;
  let benId: string;

  async function enter(): Promise<void> {
    ann = await test.connect();
    annId = (await ann.join('talk', 'Ann')).participantId;
    ben = await test.connect();
    benId = (await ben.join('talk', 'Ben')).participantId;
  }

  describe('for everyone', () => {
    before(async () => {
      test = await startTestServer({ config: { soundsFolder } });
    });
    after(() => test.close());
    beforeEach(enter);
    afterEach(() => test.server.registry.remove('talk'));

    it('changes others and oneself', async () => {
      ann.send({ type: 'participant', participantId: benId, muted: true, gainDb: -3 });
      const { room } = await ben.next('room', ({ room: now }) => now.participants.some(({ muted }) => muted));
      expect(room.participants.find(({ id }) => id === benId)).to.deep.include({ muted: true, gainDb: -3, audio: true });
      ben.send({ type: 'participant', participantId: benId, muted: false, hears: { rest: -20, sources: { [annId]: 0 } }, onHold: { sound: 'hold.wav' } });
      const after = await ann.next('room', ({ room: now }) => now.participants.some(({ onHold }) => onHold));
      expect(after.room.participants.find(({ id }) => id === benId)).to.deep.include({ muted: false, gainDb: -3, hears: { rest: -20, sources: { [annId]: 0 } }, holdSound: 'hold.wav' });
    });

    it('takes somebody out', async () => {
      ann.send({ type: 'removeParticipant', participantId: benId });
      expect(await ben.next('closed')).to.deep.include({ reason: 'removed', rejoin: false });
      expect(await ben.closed).to.equal(1000);
      ann.send({ type: 'removeParticipant', participantId: benId });
      expect(await ann.nextError()).to.equal('participant_not_found');
    });

    it('plays and stops a sound, of which everyone is told', async () => {
      ann.send({ type: 'playSound', file: 'join.wav', participantIds: [annId] });
      const { sound } = await ben.next('sound');
      expect(sound).to.deep.include({ file: 'join.wav', loop: false, gainDb: 0, participantIds: [annId], status: 'playing' });
      ben.send({ type: 'stopSound', soundId: sound.id });
      expect((await ann.next('sound', (message) => message.sound.status !== 'playing')).sound).to.deep.include({ id: sound.id, status: 'stopped' });
    });

    for (const [message, code] of [
      [{ type: 'participant', muted: true }, 'invalid_message'],
      [{ type: 'participant', participantId: 'nobody', muted: true }, 'participant_not_found'],
      [{ type: 'participant', participantId: 'nobody', audio: true }, 'invalid_message'],
      [{ type: 'participant', participantId: 'nobody', gainDb: 1e9 }, 'invalid_message'],
      [{ type: 'participant', participantId: 'nobody', onHold: { sound: '../x.wav' } }, 'invalid_sound_name'],
      [{ type: 'playSound' }, 'invalid_message'],
      [{ type: 'playSound', file: 'gone.wav' }, 'sound_not_found'],
      [{ type: 'playSound', file: 'join.wav\0' }, 'invalid_sound_name'],
      [{ type: 'stopSound', soundId: 'nothing' }, 'sound_not_playing'],
    ] as const) {
      it(`answers ${JSON.stringify(message)} with ${code}`, async () => {
        ann.send(message);
        expect(await ann.nextError()).to.equal(code);
      });
    }

    it('means nothing before join', async () => {
      const early = await test.connect();
      early.send({ type: 'playSound', file: 'join.wav' });
      expect(await early.nextError()).to.equal('not_joined');
    });
  });

  describe('where only HTTP controls', () => {
    before(async () => {
      test = await startTestServer({ config: { soundsFolder, control: 'api' } });
    });
    after(() => test.close());
    beforeEach(enter);
    afterEach(() => test.server.registry.remove('talk'));

    it('refuses everything but one\'s own noise suppression', async () => {
      const refused = [
        { type: 'participant', participantId: benId, muted: true },
        { type: 'participant', participantId: benId, noiseSuppression: true },
        { type: 'participant', participantId: annId, muted: false },
        { type: 'participant', participantId: annId, noiseSuppression: true, gainDb: 20 },
        { type: 'removeParticipant', participantId: benId },
        { type: 'playSound', file: 'join.wav' },
        { type: 'stopSound', soundId: 'nothing' },
      ];
      for (const message of refused) {
        ann.send(message);
        expect(await ann.nextError(), JSON.stringify(message)).to.equal('control_not_allowed');
      }
      ann.send({ type: 'participant', participantId: annId, noiseSuppression: true });
      const { room } = await ben.next('room', ({ room: now }) => now.participants.some(({ noiseSuppression }) => noiseSuppression));
      expect(room.participants.map(({ id, muted, noiseSuppression }) => [id, muted, noiseSuppression])).to.deep.equal([[annId, false, true], [benId, false, false]]);
    });

    it('does not let a muted person unmute himself', async () => {
      await test.call('PATCH', `/api/rooms/talk/participants/${annId}`, { muted: true });
      ann.send({ type: 'participant', participantId: annId, muted: false });
      expect(await ann.nextError()).to.equal('control_not_allowed');
      ann.send({ type: 'media', audio: true, video: true, screen: false });
      ann.send({ type: 'layout', layout: 'speaker' });
      const { room } = await ann.next('room', ({ room: now }) => now.layout === 'speaker');
      expect(room.participants[0]).to.deep.include({ audio: true, muted: true });
    });
  });
});
