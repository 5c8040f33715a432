import { expect } from 'chai';
import { Leveller } from '../../../mixer/audio/leveller.js';
import { PlayoutBuffer } from '../../../mixer/audio/playout-buffer.js';
import { Rnnoise, RnnoiseVoice } from '../../../mixer/audio/rnnoise.js';
import { eventually } from '../../support/eventually.js';
import { sine, statsOf, ticks } from './microphones.js';
import { setUpSoundRoom } from './set-up-sound-room.js';
import { toneDb } from './sound.js';
import { asHeIs, type SoundRoom } from './speaker.js';

function fail(): never {
  throw new Error('a bug');
}

/** Of all objects of a class: what foreign code and bugs do cannot be had otherwise. @returns what gives it back */
function replaceMethod(prototype: object, name: string, method: unknown): () => void {
  const own = Object.getOwnPropertyDescriptor(prototype, name)!;
  Object.defineProperty(prototype, name, { ...own, value: method });
  return () => Object.defineProperty(prototype, name, own);
}

describe('AudioEngine: what fails in one voice', () => {
  let room: SoundRoom;

  setUpSoundRoom((own) => {
    room = own;
  });

  it('goes on without a stage that throws, for him and for everybody else', async () => {
    let calls = 0;
    const breaksLater = (): RnnoiseVoice => new RnnoiseVoice(() => {
      calls += 1;
      if (calls > 60) throw new Error('RNNoise found itself broken.');
    }, () => undefined);
    const giveBack = [replaceMethod(Rnnoise.prototype, 'open', breaksLater), replaceMethod(Leveller.prototype, 'follow', fail)];
    try {
      await room.join({ participantId: 'ann', microphone: sine(200) }, { participantId: 'ben', microphone: sine(1000) });
      room.engine.setVoice('ann', { ...asHeIs, noiseSuppressed: true });
      room.engine.setVoice('ben', { ...asHeIs, levelled: true });
      await eventually('it is loaded', () => {
        room.run(1);
        return statsOf(room, 'ann').voice.noiseSuppression === 'on';
      });
      room.listen({ mix: true, participantIds: [] });
      room.run(150);
    } finally {
      for (const back of giveBack) back();
    }
    expect(room.faults).to.have.members(['noise suppression ann: noise suppression has failed: RNNoise found itself broken.', 'levelling ben: a bug']);
    expect(statsOf(room, 'ann').voice.noiseSuppression).to.equal('off');
    const last = ticks(await room.heard(), 110, 150);
    expect([toneDb(last, 200), toneDb(last, 1000)].map(Math.round)).to.deep.equal([-14, -14]);
  });

  it('is silent for who cannot be played out, and for nobody else', async () => {
    await room.join({ participantId: 'ann', microphone: sine(200), levels: false }, { participantId: 'ben', microphone: sine(1000) });
    room.listen({ mix: true, participantIds: [] });
    room.run(20);
    const pull = Reflect.get(PlayoutBuffer.prototype, 'pull') as (this: PlayoutBuffer, ...args: unknown[]) => void;
    let calls = 0;
    const giveBack = replaceMethod(PlayoutBuffer.prototype, 'pull', function pullOrThrow(this: PlayoutBuffer, ...args: unknown[]): void {
      calls += 1;
      // Ann joined first.
      if (calls % 2 === 1) fail();
      pull.apply(this, args);
    });
    try {
      room.run(50);
    } finally {
      giveBack();
    }
    expect(room.faults, 'once a second').to.deep.equal(['playout ann: a bug']);
    expect(room.engine.stats()['faults']).to.equal(50);
    expect(toneDb(ticks(await room.heard(), 30, 65), 1000)).to.be.closeTo(-14, 1);
  });
});
