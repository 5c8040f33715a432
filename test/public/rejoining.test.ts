import { expect } from 'chai';
import { importPublic } from '../support/static-files.js';

interface SessionEnd {
  readonly reason: string;
  readonly rejoin: boolean;
  readonly afterMs: number;
  readonly error: Error | null;
}

interface Rejoining {
  readonly stayJoined: (options: {
    readonly runSession: () => Promise<{ readonly end: SessionEnd; readonly joinedForMs: number | null }>;
    readonly onLost: (end: SessionEnd, wasJoined: boolean) => void;
    readonly signal: AbortSignal;
    readonly wait: (delayMs: number) => Promise<void>;
  }) => Promise<{ readonly reason: string; readonly error: Error | null }>;
}

const lost: SessionEnd = { reason: 'unreachable', rejoin: true, afterMs: 0, error: new Error('lost') };
const full: SessionEnd = { reason: 'room_full', rejoin: false, afterMs: 0, error: new Error('full') };
const removed: SessionEnd = { reason: 'removed', rejoin: false, afterMs: 0, error: null };

describe('client: rejoining', () => {
  let stayJoined: Rejoining['stayJoined'];
  let told: string[];
  let waitsMs: number[];
  let leaving: AbortController;

  before(async () => {
    ({ stayJoined } = (await importPublic('client/rejoining.js')) as Rejoining);
  });
  beforeEach(() => {
    [told, waitsMs, leaving] = [[], [], new AbortController()];
  });

  /** Sessions end one after the other as they are given; whoever asks for one more has not stopped in time. */
  async function run(...sessions: readonly (readonly [joinedForMs: number | null, end: SessionEnd])[]): Promise<string> {
    const left = [...sessions];
    const { reason } = await stayJoined({
      runSession: () => {
        const [joinedForMs, end] = left.shift() ?? expect.fail('one session too many');
        return Promise.resolve({ end, joinedForMs });
      },
      onLost: (end, wasJoined) => told.push(`${end.reason} ${wasJoined ? 'inside' : 'outside'}`),
      signal: leaving.signal,
      wait: (delayMs) => {
        waitsMs.push(delayMs);
        return Promise.resolve();
      },
    });
    expect(left).to.deep.equal([]);
    return reason;
  }

  it('goes on while it may, and ends by the word that forbids it', async () => {
    expect(await run([null, lost], [100, lost], [null, lost], [100, removed])).to.equal('removed');
    expect(told).to.deep.equal(['unreachable outside', 'unreachable inside', 'unreachable inside']);
  });

  it('takes a full room for its own ghost, but only once it was inside', async () => {
    expect(await run([null, full])).to.equal('room_full');
    expect(await run([100, lost], [null, full], [100, removed])).to.equal('removed');
    expect(told).to.deep.equal(['unreachable inside', 'room_full inside']);
  });

  it('waits longer each time, as long as the server says at least, and briefly again after a session that lasted', async () => {
    await run([100, lost], [4_999, lost], [null, { ...lost, afterMs: 9_000 }], [5_000, lost], [100, removed]);
    expect(waitsMs).to.have.length(4);
    expect(waitsMs[0]).to.be.within(175, 250);
    expect(waitsMs[1]).to.be.within(350, 500);
    expect(waitsMs[2]).to.equal(9_000);
    expect(waitsMs[3]).to.be.within(175, 250);
  });

  it('ends when one leaves, in a session or between two', async () => {
    const { signal } = leaving;
    const { reason } = await stayJoined({
      runSession: () => {
        leaving.abort();
        return Promise.resolve({ end: lost, joinedForMs: 100 });
      },
      onLost: () => expect.fail('nothing is lost'),
      signal,
      wait: () => expect.fail('nothing to wait for'),
    });
    expect(reason).to.equal('left');
    leaving = new AbortController();
    const between = await stayJoined({
      runSession: () => Promise.resolve({ end: lost, joinedForMs: null }),
      onLost: () => undefined,
      signal: leaving.signal,
      wait: () => {
        leaving.abort();
        return Promise.resolve();
      },
    });
    expect(between.reason).to.equal('left');
  });
});
