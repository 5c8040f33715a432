import { expect } from 'chai';
import { MediaError } from '../../../mixer/ffmpeg/library.js';
import { countFreed, countOpened, liveNativeObjects, liveNativeObjectsByKind } from '../../../mixer/ffmpeg/native-ledger.js';
import { NativePicture } from '../../../mixer/ffmpeg/native-picture.js';
import { ScalerCache } from '../../../mixer/ffmpeg/scaler-cache.js';
import { VideoDecoder } from '../../../mixer/ffmpeg/video-decoder.js';
import { VideoEncoder } from '../../../mixer/ffmpeg/video-encoder.js';
import { decodedPicture, encodeStream, paintPattern, red } from '../video/plain-pictures.js';

describe('native objects', () => {
  afterEach(() => expect(liveNativeObjects()).to.equal(0));

  it('are counted, and a second free is found', () => {
    countOpened('other');
    expect(liveNativeObjectsByKind().other).to.equal(1);
    countFreed('other');
    expect(() => countFreed('other')).to.throw('twice');
  });

  it('throw when a picture is used after it was closed', async () => {
    const drawn = new NativePicture(64, 36);
    drawn.close();
    drawn.close();
    expect(() => drawn.data).to.throw('closed');
    expect(() => drawn.frame).to.throw('closed');
    const decoded = await decodedPicture([[red]]);
    decoded.close();
    decoded.close();
    expect(() => decoded.frame).to.throw('closed');
  });

  it('refuse sizes that no I420 picture has', () => {
    for (const [width, height] of [[0, 0], [3, 4], [4, 3], [-2, 2]] as const) expect(() => new NativePicture(width, height)).to.throw(RangeError);
    expect(() => new NativePicture(1 << 30, 1 << 30)).to.throw(MediaError);
  });

  it('wait for a call under way when they are closed, and take no second call', async () => {
    const [frame] = await encodeStream({ widthPx: 640, heightPx: 360, patterns: [[[red]]] });
    const decoder = await VideoDecoder.open({ codec: 'vp8', maxPixels: 1 << 20 });
    const decoding = decoder.decode(frame!);
    let refusal: unknown;
    await decoder.decode(frame!).catch((error: unknown) => (refusal = error));
    expect(String(refusal)).to.include('busy');
    decoder.close();
    expect(liveNativeObjectsByKind().decoder).to.equal(1);
    const pictures = await decoding;
    expect(liveNativeObjectsByKind().decoder).to.equal(0);
    for (const picture of pictures) picture.close();

    const encoder = await VideoEncoder.open({ codec: 'vp8', format: { widthPx: 640, heightPx: 360, fps: 30 }, bitrateBps: 500_000 });
    const picture = new NativePicture(640, 360);
    paintPattern(picture, [[red]]);
    const encoding = encoder.encode(picture, 0, false);
    await encoder.encode(picture, 33_333, false).catch((error: unknown) => (refusal = error));
    expect(String(refusal)).to.include('busy');
    encoder.close();
    await encoding;
    await encoder.encode(picture, 66_666, false).catch((error: unknown) => (refusal = error));
    expect(String(refusal)).to.include('closed');
    picture.close();
  });

  it('leave nothing behind when they cannot be opened', async () => {
    let failure: unknown;
    await VideoEncoder.open({ codec: 'h264', format: { widthPx: 3, heightPx: 3, fps: 30 }, bitrateBps: 500_000 }).catch((error: unknown) => (failure = error));
    expect(failure).to.be.instanceOf(MediaError);
  });

  it('keep no more scalers than a canvas needs', () => {
    const cache = new ScalerCache();
    for (let width = 2; width < 400; width += 2) cache.get({ sourceWidthPx: 64, sourceHeightPx: 36, fullRange: false, targetWidthPx: width, targetHeightPx: 20 });
    expect(liveNativeObjectsByKind().scaler).to.equal(96);
    const again = cache.get({ sourceWidthPx: 64, sourceHeightPx: 36, fullRange: false, targetWidthPx: 398, targetHeightPx: 20 });
    expect(cache.get({ sourceWidthPx: 64, sourceHeightPx: 36, fullRange: false, targetWidthPx: 398, targetHeightPx: 20 })).to.equal(again);
    cache.close();
  });
});
