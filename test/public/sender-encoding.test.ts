import { expect } from 'chai';
import { importPublic } from '../support/static-files.js';

interface Wish {
  readonly source: 'camera' | 'screen';
  readonly active: boolean;
  readonly width: number;
  readonly height: number;
  readonly maxFps: number;
  readonly maxBitrate: number;
}

interface Encoding {
  active: boolean;
  scaleResolutionDownBy: number;
  maxBitrate: number;
  maxFramerate: number;
}

interface SenderEncoding {
  attach(sender: object | null): Promise<void>;
  follow(wish: Wish): Promise<void>;
  apply(): Promise<void>;
  refresh(): Promise<void>;
}

interface EncodingModule {
  readonly encodingFor: (wish: Wish | null, limits: object, widthPx: number, heightPx: number) => Encoding;
  readonly SenderEncoding: new (limits: object) => SenderEncoding;
}

const limits = { maxBps: 2_000_000, maxFps: 30 };
const wish: Wish = { source: 'camera', active: true, width: 320, height: 180, maxFps: 20, maxBitrate: 200_000 };
const nothing: Wish = { source: 'camera', active: false, width: 0, height: 0, maxFps: 0, maxBitrate: 0 };

describe('what a page sends', () => {
  let page: EncodingModule;

  before(async () => {
    page = (await importPublic('client/sender-encoding.js')) as EncodingModule;
  });

  function scaleOf(width: number, height: number, widthPx: number, heightPx: number): number {
    return page.encodingFor({ ...wish, width, height }, limits, widthPx, heightPx).scaleResolutionDownBy;
  }

  it('is everything up to its limits while nothing was wished', () => {
    expect(page.encodingFor(null, limits, 1280, 720)).to.deep.equal({ active: true, scaleResolutionDownBy: 1, maxBitrate: 2_000_000, maxFramerate: 30 });
  });

  it('is what is wished, and nothing where nothing is', () => {
    expect(page.encodingFor(wish, limits, 1280, 720)).to.deep.equal({ active: true, scaleResolutionDownBy: 4, maxBitrate: 200_000, maxFramerate: 20 });
    expect(page.encodingFor(nothing, limits, 1280, 720)).to.include({ active: false, scaleResolutionDownBy: 1 });
    expect(page.encodingFor({ ...wish, maxFps: 60, maxBitrate: 9_000_000 }, limits, 1280, 720)).to.include({ maxBitrate: 2_000_000, maxFramerate: 30 });
  });

  it('is at least as large as wished in both directions, and never larger than the camera', () => {
    expect(scaleOf(640, 360, 640, 480)).to.equal(1);
    expect(scaleOf(320, 180, 640, 480)).to.equal(2);
    expect(scaleOf(320, 320, 640, 480)).to.equal(1.5);
    expect(scaleOf(1280, 720, 640, 360)).to.equal(1);
    expect(scaleOf(320, 180, 0, 0)).to.equal(1);
  });

  it('is as large whether the browser calls an upright camera lying or standing', () => {
    expect(scaleOf(180, 320, 1280, 720)).to.equal(4);
    expect(scaleOf(180, 320, 720, 1280)).to.equal(4);
  });

  describe('by a sender', () => {
    /** As a browser's: parameters are a copy, and may be set only as they were read last. */
    class FakeSender {
      readonly set: Encoding[] = [];
      track: { getSettings(): object } | null = { getSettings: () => ({ width: 1280, height: 720 }) };
      encodings: Encoding[] = [{ active: true, scaleResolutionDownBy: 1, maxBitrate: 0, maxFramerate: 0 }];
      #transaction = 0;
      #isSetting = false;

      getParameters(): object {
        this.#transaction += 1;
        return { transactionId: this.#transaction, encodings: this.encodings.map((encoding) => ({ ...encoding })) };
      }

      async setParameters({ transactionId, encodings }: { readonly transactionId: number; readonly encodings: Encoding[] }): Promise<void> {
        if (transactionId !== this.#transaction || this.#isSetting) throw new Error('InvalidModificationError');
        this.#isSetting = true;
        await Promise.resolve();
        this.#isSetting = false;
        this.encodings = encodings;
        this.set.push(...encodings);
      }
    }

    it('follows the last of several wishes at once', async () => {
      const sender = new FakeSender();
      const encoding = new page.SenderEncoding(limits);
      void encoding.attach(sender);
      void encoding.follow(nothing);
      await encoding.follow(wish);
      expect(sender.set.length).to.equal(3);
      expect(sender.encodings).to.deep.equal([{ active: true, scaleResolutionDownBy: 4, maxBitrate: 200_000, maxFramerate: 20 }]);
    });

    it('keeps a wish that came before the sender, and through a change of the track', async () => {
      const sender = new FakeSender();
      const encoding = new page.SenderEncoding(limits);
      await encoding.follow(wish);
      await encoding.attach(sender);
      expect(sender.encodings[0]?.scaleResolutionDownBy).to.equal(4);
      sender.track = { getSettings: () => ({ width: 640, height: 360 }) };
      await encoding.apply();
      expect(sender.encodings[0]?.scaleResolutionDownBy).to.equal(2);
      sender.track = null;
      await encoding.apply();
      expect(sender.encodings[0]).to.include({ active: true, scaleResolutionDownBy: 1, maxBitrate: 200_000 });
    });

    it('looks after a track that has become another size by itself, and leaves one alone that has not', async () => {
      const sender = new FakeSender();
      let width = 1280;
      sender.track = { getSettings: () => ({ width, height: (width * 9) / 16 }) };
      const encoding = new page.SenderEncoding(limits);
      await encoding.attach(sender);
      await encoding.follow(wish);
      await encoding.refresh();
      expect(sender.set.length).to.equal(2);
      width = 640;
      await encoding.refresh();
      expect(sender.set.map(({ scaleResolutionDownBy }) => scaleResolutionDownBy)).to.deep.equal([1, 4, 2]);
    });

    it('minds neither a browser that refuses nor a sender without encodings', async () => {
      const sender = new FakeSender();
      sender.encodings = [];
      const encoding = new page.SenderEncoding(limits);
      await encoding.attach(sender);
      await encoding.attach({ track: null, getParameters: () => sender.getParameters(), setParameters: () => Promise.reject(new Error('OperationError')) });
      await encoding.attach(null);
      expect(sender.set).to.deep.equal([]);
    });
  });
});
