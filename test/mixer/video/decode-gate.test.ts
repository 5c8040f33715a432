import { expect } from 'chai';
import { DecodeGate } from '../../../mixer/video/decode-gate.js';
import { nextTurn } from '../../../mixer/clock/next-turn.js';

describe('decode gate', () => {
  it('lets in as many as it may, then in the order of coming', async () => {
    const gate = new DecodeGate(2);
    const inside: string[] = [];
    const enter = async (who: string): Promise<void> => {
      await gate.enter();
      inside.push(who);
    };
    const all = ['ann', 'bob', 'cy', 'dan'].map(enter);
    await nextTurn();
    expect(inside).to.deep.equal(['ann', 'bob']);
    gate.leave();
    await nextTurn();
    expect(inside).to.deep.equal(['ann', 'bob', 'cy']);
    gate.leave();
    gate.leave();
    gate.leave();
    await Promise.all(all);
    await gate.enter();
    await gate.enter();
    expect(inside.at(-1)).to.equal('dan');
  });
});
