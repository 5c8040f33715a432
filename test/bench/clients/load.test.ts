import { expect } from 'chai';
import { percentile, reportCrowd } from '../../../bench/clients/crowd-report.js';
import type { CrowdMember } from '../../../bench/clients/crowd.js';
import { parseLoadOptions, usage, UsageMistake } from '../../../bench/clients/load-options.js';
import { describeFailures, describeSecond, formatTable, summaryTable } from '../../../bench/clients/load-table.js';
import type { ListenerStats } from '../../../bench/clients/whep-listener.js';
import type { PublisherStats } from '../../../bench/clients/whip-publisher.js';

const noListening: ListenerStats = {
  firstFrameMs: undefined, frames: 0, keyframes: 0, freezes: 0, frozenMs: 0, videoPackets: 0, audioPackets: 0, bytes: 0, lostPackets: 0, nackedPackets: 0, keyframeRequests: 0, audioStalls: 0,
};
const noPublishing: PublisherStats = {
  frames: 0, widthPx: 0, audioPackets: 0, videoPackets: 0, bytes: 0, resentPackets: 0, unknownRequests: 0, keyframeRequests: 0, roundTripMs: undefined, lostPackets: 0, isReceived: false,
};

function listener(name: string, stats: Partial<ListenerStats>, failure?: string): CrowdMember {
  return { group: 'listening', name, publisher: undefined, listener: { ...noListening, ...stats }, failure };
}

function publisher(name: string, stats: Partial<PublisherStats>): CrowdMember {
  return { group: 'publishing', name, publisher: { ...noPublishing, ...stats }, listener: undefined, failure: undefined };
}

describe('npm run load', () => {
  it('takes what its help says', () => {
    expect(parseLoadOptions(['--help'])).to.equal('help');
    const options = parseLoadOptions(['--url', 'http://localhost:9000', '--publishers', '16', '--listeners=50', '--room', 'x', '--seconds', '0', '--codec', 'H264', '--speakers', '2', '--full', '--json']);
    expect(options).to.deep.equal({ url: new URL('http://localhost:9000'), publishers: 16, listeners: 50, room: 'x', seconds: 0, codec: 'h264', speakers: 2, isFull: true, isPage: false, isLarge: false, isJson: true });
    const defaults = parseLoadOptions([]);
    const numbers = Object.entries(defaults).filter(([, given]) => typeof given === 'number');
    expect(numbers.map(([name]) => name)).to.include('publishers');
    for (const [name, value] of numbers) expect(usage).to.match(new RegExp(`--${name} .*Default: ${value}\\.`));
  });

  for (const [mistake, words] of [
    [['--publishers', 'many'], '--publishers is a whole number from 0 to 1000, not "many".'],
    [['--listeners', '-1'], '--help lists the options'],
    [['--listeners', '1e3'], '--listeners is a whole number from 0 to 1000, not "1e3".'],
    [['--codec', 'av1'], '--codec is vp8 or h264, not "av1".'],
    [['--url', '127.0.0.1:8080'], '--url is an address like http://127.0.0.1:8080, not "127.0.0.1:8080".'],
    [['--publishers', '0'], 'With --publishers 0 and --listeners 0 there is nothing to do.'],
    [['--page', '--full'], '--page goes with neither --full nor --large.'],
    [['--loud'], "Unknown option '--loud'. --help lists the options."],
    [['room'], '--help lists the options'],
  ] as const) {
    it(`answers ${mistake.join(' ')} with one sentence`, () => {
      const error = (() => {
        try {
          return parseLoadOptions(mistake);
        } catch (thrown) {
          return thrown;
        }
      })();
      expect(error).to.be.instanceOf(UsageMistake);
      expect((error as UsageMistake).message).to.contain(words);
      expect((error as UsageMistake).message).not.to.contain('\n');
    });
  }

  it('reports each group per client and second, and who got nothing', () => {
    const before = { atUs: 5_000_000, members: [publisher('Ann', { frames: 30, bytes: 1_000 }), listener('One', { frames: 10 }), listener('Two', {}), listener('Three', {}, 'POST /whep/x answered 503: room_full: Full.')] };
    const after = {
      atUs: 7_000_000,
      members: [
        publisher('Ann', { frames: 90, bytes: 251_000, audioPackets: 100, isReceived: true, lostPackets: 3 }),
        listener('One', { frames: 70, bytes: 400_000, audioPackets: 100, firstFrameMs: 120, freezes: 1 }),
        listener('Two', { bytes: 100_000, audioPackets: 100, firstFrameMs: 480 }),
        listener('Three', {}, 'POST /whep/x answered 503: room_full: Full.'),
      ],
    };
    const [publishers, listeners] = reportCrowd(before, after);
    expect(publishers).to.deep.include({ group: 'publishing', wanted: 1, connected: 1, fps: 30, kbps: 1_000, audioPacketsPerSecond: 50, lostPackets: 3, withoutMedia: [] });
    expect(listeners).to.deep.include({ group: 'listening', wanted: 3, connected: 2, fps: 15, kbps: 1_000, freezes: 1, firstFrameMs: { p50: 120, p95: 480 }, withoutMedia: ['Two', 'Three'] });
    const reports = [publishers!, listeners!];
    expect(describeSecond(7, reports)).to.equal('   7 s   publishers 1/1 30.0 fps 1000 kbps 3 lost   listeners 2/3 15.0 fps 1000 kbps 0 lost 1 freezes');
    expect(describeFailures(reports)).to.deep.equal(['listeners: 1 x POST /whep/x answered 503: room_full: Full.', 'listeners: 2 without sound or picture (Two, Three)']);
    expect(summaryTable(reports).split('\n').map((line) => line.trim().split(/ {2,}/))).to.deep.equal([
      ['connected', 'fps', 'kbps', 'sound/s', 'lost', 'freezes', 'stalls', 'first p50', 'first p95'],
      ['publishers', '1/1', '30.0', '1000', '50.0', '3', '-', '-', '-', '-'],
      ['listeners', '2/3', '15.0', '1000', '50.0', '0', '1', '0', '120 ms', '480 ms'],
    ]);
  });

  it('lines up its columns', () => {
    expect(formatTable([['', 'a', 'long'], ['row', '100', '1']])).to.equal('       a  long\nrow  100     1');
  });

  it('takes percentiles that are values', () => {
    const values = Array.from({ length: 20 }, (_unused, index) => 20 - index);
    expect([percentile(values, 0.5), percentile(values, 0.95), percentile([7], 0.95), percentile([], 0.5)]).to.deep.equal([10, 19, 7, undefined]);
  });
});
