import { expect } from 'chai';
import { CallSlot } from '../../../mixer/ffmpeg/call-slot.js';

describe('CallSlot', () => {
  let freed: number;
  let slot: CallSlot;

  beforeEach(() => {
    freed = 0;
    slot = new CallSlot('A decoder', () => (freed += 1));
  });

  it('takes one call after the other', () => {
    for (let call = 0; call < 3; call += 1) {
      slot.enter();
      slot.leave();
    }
    expect(freed).to.equal(0);
  });

  it('refuses a second call during one, which goes on', () => {
    slot.enter();
    expect(() => slot.enter()).to.throw('A decoder that is busy was called.');
    slot.leave();
    slot.enter();
  });

  it('frees at once between calls, and once however often it is closed', () => {
    slot.close();
    slot.close();
    expect(freed).to.equal(1);
    expect(() => slot.enter()).to.throw('A decoder that is closed was called.');
  });

  it('frees at the end of the call that is under way, and takes no other one meanwhile', () => {
    slot.enter();
    expect(slot.isClosing).to.equal(false);
    slot.close();
    slot.close();
    expect([slot.isClosing, freed]).to.deep.equal([true, 0]);
    expect(() => slot.enter()).to.throw('A decoder that is closing was called.');
    slot.leave();
    slot.close();
    expect([slot.isClosing, freed]).to.deep.equal([false, 1]);
  });
});
