import { expect } from 'chai';
import { RoomBulletin } from '../../../src/room/room-bulletin.js';
import type { RoomDescription } from '../../../src/rooms/protocol.js';

const empty: RoomDescription = { name: 'a', createdAt: '', layout: 'grid', video: { width: 2, height: 2, fps: 30 }, audio: { mode: 'voice' }, participants: [], viewers: 0, recordings: [] };

describe('RoomBulletin', () => {
  let room: RoomDescription;
  let told: RoomDescription[];
  let bulletin: RoomBulletin;
  let descriptions: number;

  beforeEach(() => {
    room = empty;
    told = [];
    descriptions = 0;
    const describeRoom = (): RoomDescription => {
      descriptions += 1;
      return room;
    };
    bulletin = new RoomBulletin({ describe: describeRoom, onChanged: (description) => told.push(description) });
  });

  it('tells many changes of one turn once, as they came out', async () => {
    for (let viewers = 1; viewers <= 50; viewers += 1) {
      room = { ...empty, viewers };
      bulletin.update();
    }
    expect(told, 'not before the turn is over').to.deep.equal([]);
    await bulletin.settled();
    expect(told).to.deep.equal([{ ...empty, viewers: 50 }]);
    expect(descriptions, 'not even looked at more than once').to.equal(1);
  });

  it('does not tell the same twice', async () => {
    bulletin.update();
    await bulletin.settled();
    room = { ...empty };
    bulletin.update();
    await bulletin.settled();
    expect(told).to.deep.equal([empty]);
    room = { ...empty, viewers: 1 };
    bulletin.update();
    await bulletin.settled();
    room = { ...empty };
    bulletin.update();
    await bulletin.settled();
    expect(told.map(({ viewers }) => viewers), 'there and back').to.deep.equal([0, 1, 0]);
  });

  it('is settled at once when nothing changed, and not before the telling when something did', async () => {
    await bulletin.settled();
    expect(told).to.deep.equal([]);
    bulletin.update();
    const order: string[] = [];
    await bulletin.settled().then(() => order.push(`settled after ${told.length}`));
    expect(order).to.deep.equal(['settled after 1']);
  });
});
