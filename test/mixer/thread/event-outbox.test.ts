import { expect } from 'chai';
import type { MixerEvent } from '../../../mixer/protocol.js';
import { EventOutbox } from '../../../mixer/thread/event-outbox.js';

const sound = (ptsUs: number): MixerEvent => ({ type: 'encodedAudio', audio: { ptsUs, heard: [], mix: undefined, participantIds: [], streams: [] } });
const picture = (ptsUs: number): MixerEvent => ({ type: 'encodedVideo', video: { outputId: 'all', ptsUs, keyframe: false, data: new Uint8Array(1) } });
const levels: MixerEvent = { type: 'levels', levels: [] };
const fault: MixerEvent = { type: 'fault', stage: 'canvas', participantId: undefined, message: '' };

describe('EventOutbox', () => {
  let posted: (readonly MixerEvent[])[];
  let outbox: EventOutbox;
  beforeEach(() => {
    posted = [];
    outbox = new EventOutbox((events) => posted.push(events));
  });

  it('posts what comes up in one turn together, at its end, in order', async () => {
    const events = [picture(1), fault, levels, picture(2)];
    for (const event of events) outbox.add(event);
    expect(posted).to.be.empty;
    await Promise.resolve();
    expect(posted).to.deep.equal([events]);
    outbox.add(fault);
    await Promise.resolve();
    expect(posted).to.deep.equal([events, [fault]]);
  });

  it('posts sound at once, after what came before it', async () => {
    outbox.add(fault);
    outbox.add(levels);
    outbox.add(sound(1));
    expect(posted).to.deep.equal([[fault, levels, sound(1)]]);
    outbox.add(picture(1));
    outbox.add(fault);
    await Promise.resolve();
    expect(posted).to.deep.equal([[fault, levels, sound(1)], [picture(1), fault]]);
  });

  it('posts no empty message', async () => {
    outbox.add(sound(1));
    outbox.add(sound(2));
    outbox.add(levels);
    outbox.add(sound(3));
    await Promise.resolve();
    expect(posted).to.deep.equal([[sound(1)], [sound(2)], [levels, sound(3)]]);
  });
});
