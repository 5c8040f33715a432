import { expect } from 'chai';
import { newsPeriodMs, RoomNews } from '../../../src/rooms/room-news.js';
import { ManualTime } from '../../support/manual-time.js';

describe('RoomNews', () => {
  let time: ManualTime;
  let state: number;
  let told: (readonly [atMs: number, state: number])[];
  let bytes: number;
  let news: RoomNews;

  beforeEach(() => {
    time = new ManualTime();
    state = 0;
    bytes = 0;
    told = [];
    news = new RoomNews({ time, newest: () => ({ bytes, tell: () => told.push([time.nowMs(), state]) }) });
  });

  function change(): void {
    state += 1;
    news.update();
  }

  it('tells at once after a quiet while', () => {
    change();
    time.advance(newsPeriodMs);
    change();
    expect(told).to.deep.equal([[0, 1], [newsPeriodMs, 2]]);
  });

  it('tells the newest once a period, and nothing twice', () => {
    for (let ms = 0; ms < 1000; ms += 10) {
      change();
      time.advance(10);
    }
    time.advance(1000);
    expect(told).to.deep.equal([[0, 1], [200, 20], [400, 40], [600, 60], [800, 80], [1000, 100]]);
    expect(time.pending).to.equal(0);
  });

  it('tells what is long so seldom that nobody is sent more than 750 kbps of it', () => {
    bytes = 200_000;
    for (let ms = 0; ms < 10_000; ms += 10) {
      change();
      time.advance(10);
    }
    expect(told.map(([atMs]) => atMs)).to.deep.equal([0, 2133, 4266, 6399, 8532]);
    time.advance(5000);
    expect(told.at(-1)).to.deep.equal([10_665, 1000]);
    expect(time.pending).to.equal(0);
  });

  it('has nothing pending after it was stopped, and begins anew', () => {
    change();
    change();
    news.stop();
    expect(time.pending).to.equal(0);
    change();
    expect(told.map(([, what]) => what)).to.deep.equal([1, 3]);
  });
});
