import { expect } from 'chai';
import { EndedMembers } from '../../../src/signalling/ended-members.js';
import { ManualTime } from '../../support/manual-time.js';

describe('members who were ended', () => {
  let time: ManualTime;
  let ended: EndedMembers;

  beforeEach(() => {
    time = new ManualTime();
    ended = new EndedMembers({ maxMembers: 3, keptMs: 1000, time });
  });

  function end(...ids: readonly string[]): void {
    for (const id of ids) ended.add(id, { roomName: 'move', secret: `secret of ${id}`, endReason: 'removed' });
  }

  it('are known for a time, each from his own end on', () => {
    end('ann');
    time.advance(600);
    end('bob');
    time.advance(399);
    expect(ended.get('ann')).to.deep.include({ roomName: 'move', secret: 'secret of ann', endReason: 'removed' });
    time.advance(1);
    expect(ended.get('ann')).to.equal(undefined);
    expect(ended.get('bob')?.endReason).to.equal('removed');
    time.advance(600);
    expect(ended.get('bob')).to.equal(undefined);
  });

  it('are no more than so many, of whom the oldest is forgotten, and leave no timer', () => {
    end('ann', 'bob', 'cleo', 'dan');
    expect(['ann', 'bob', 'cleo', 'dan'].map((id) => ended.get(id) !== undefined)).to.deep.equal([false, true, true, true]);
    expect(time.pending).to.equal(0);
  });

  it('are not known at all where nobody may resume', () => {
    const none = new EndedMembers({ maxMembers: 3, keptMs: 0, time });
    none.add('ann', { roomName: 'move', secret: 'x', endReason: 'removed' });
    expect(none.get('ann')).to.equal(undefined);
  });
});
