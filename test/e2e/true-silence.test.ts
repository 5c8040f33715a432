/** A room in which nothing sounds, as a real Chromium receives it: next to no packets, nothing that its player takes for loss, and every packet again once somebody speaks. */
import { expect } from 'chai';
import { eventually } from '../support/eventually.js';
import type { PageBrowser } from '../support/page-browser.js';
import { setUpRoom } from '../support/set-up-room.js';
import type { TestServer } from '../support/test-server.js';
import { WhipPage } from '../support/whip-page.js';
import { WrtcPublisher } from '../support/wrtc-client.js';

const room = 'silence';
const toneHz = 1250;
const rateHz = 48_000;

interface Received {
  readonly packetsReceived: number;
  readonly packetsLost: number;
  readonly totalSamplesReceived: number;
  readonly concealedSamples: number;
  readonly silentConcealedSamples: number;
}

const readReceived = `(async () => {
  const stats = [...(await window.session.connection.getStats()).values()];
  const { packetsReceived = 0, packetsLost = 0, totalSamplesReceived = 0, concealedSamples = 0, silentConcealedSamples = 0 } = stats.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio') ?? {};
  return { packetsReceived, packetsLost, totalSamplesReceived, concealedSamples, silentConcealedSamples };
})()`;

describe('true silence', function () {
  this.timeout(90_000);
  let server: TestServer;
  let browser: PageBrowser;

  setUpRoom((setUp) => {
    ({ browser, server } = setUp);
  });

  it('takes three packets a second at most, is no loss for its listener, and ends with the first sound', async () => {
    const bob = await WrtcPublisher.join(server.url, room, 'Bob', { color: 'blue', toneHz });
    const viewer = await WhipPage.open({ browser, serverUrl: server.url, endpoint: `/whep/${room}`, videoCodecs: ['VP8'] });
    const received = (): Promise<Received> => viewer.page.evaluate<Received>(readReceived);
    /** What came until the listener's player has played so much more: its clock, not ours. */
    const during = async (seconds: number): Promise<Received> => {
      const from = await received();
      let until = from;
      await eventually(`${seconds} s are played`, async () => {
        until = await received();
        return until.totalSamplesReceived - from.totalSamplesReceived >= seconds * rateHz;
      });
      const grown = (of: keyof Received): number => until[of] - from[of];
      return {
        packetsReceived: (grown('packetsReceived') * rateHz) / grown('totalSamplesReceived'), packetsLost: grown('packetsLost'), totalSamplesReceived: grown('totalSamplesReceived'),
        concealedSamples: grown('concealedSamples'), silentConcealedSamples: grown('silentConcealedSamples'),
      };
    };
    try {
      await viewer.untilHears([toneHz], 3_000);
      expect((await during(1)).packetsReceived, 'while he sounds').to.be.within(40, 60);
      const before = await received();
      bob.source.isSounding = false;
      await eventually('hardly a packet comes', async () => (await during(1)).packetsReceived <= 3);
      const silent = await during(3);
      expect(silent.packetsReceived).to.be.within(1, 3);
      expect(silent.packetsLost).to.equal(0);
      expect(silent.concealedSamples - silent.silentConcealedSamples, 'nothing is made up').to.equal(0);
      bob.source.isSounding = true;
      await viewer.untilHears([toneHz], 3_000);
      expect((await during(1)).packetsReceived, 'while he sounds again').to.be.within(40, 60);
      const after = await received();
      const madeUp = ({ concealedSamples, silentConcealedSamples }: Received): number => concealedSamples - silentConcealedSamples;
      // A packet's length, for a machine that is busy when the sound begins.
      expect(madeUp(after) - madeUp(before), 'from the last sound to the next').to.be.at.most(0.02 * rateHz);
    } finally {
      bob.vanish();
    }
  });
});
