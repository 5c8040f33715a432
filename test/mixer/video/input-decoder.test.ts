import { expect } from 'chai';
import { MediaError } from '../../../mixer/ffmpeg/library.js';
import { liveNativeObjects, liveNativeObjectsByKind } from '../../../mixer/ffmpeg/native-ledger.js';
import { VideoDecoder } from '../../../mixer/ffmpeg/video-decoder.js';
import type { VideoFrame } from '../../../mixer/protocol.js';
import { InputDecoder, type DecodedFrame } from '../../../mixer/video/input-decoder.js';
import { encodeStream, green, red } from './plain-pictures.js';

describe('decoder of an input', () => {
  let opened: number;
  let isWanted: boolean;
  let counters: { droppedDamaged: number };
  let decoder: InputDecoder;

  beforeEach(() => {
    opened = 0;
    isWanted = true;
    counters = { droppedDamaged: 0 };
    decoder = new InputDecoder({
      maxPixels: 1 << 20,
      isWanted: () => isWanted,
      counters,
      open: (options) => {
        opened += 1;
        return VideoDecoder.open(options);
      },
    });
  });
  afterEach(() => {
    decoder.close();
    expect(liveNativeObjects()).to.equal(0);
  });

  /** How many pictures came, and whether they are current; undefined for a frame of no use. */
  async function decode(frame: VideoFrame | undefined): Promise<readonly [number, boolean] | undefined> {
    if (frame === undefined) throw new Error('no such frame');
    return counted(await decoder.decode(frame));
  }

  function counted(decoded: DecodedFrame | undefined): readonly [number, boolean] | undefined {
    if (decoded === undefined) return undefined;
    for (const picture of decoded.pictures) picture.close();
    return [decoded.pictures.length, decoded.isCurrent];
  }

  it('is opened by a keyframe, and goes on with what follows', async () => {
    const [key, next] = await encodeStream({ patterns: [[[red]], [[green]]] });
    expect([await decode(key), await decode(next), opened]).to.deep.equal([[1, true], [1, true], 1]);
    expect(counters.droppedDamaged).to.equal(0);
  });

  it('is another one for a keyframe of another codec', async () => {
    const [vp8] = await encodeStream({ patterns: [[[red]]] });
    const [h264] = await encodeStream({ codec: 'h264', patterns: [[[red]]] });
    expect([await decode(vp8), await decode(h264), opened]).to.deep.equal([[1, true], [1, true], 2]);
    expect(liveNativeObjectsByKind().decoder).to.equal(1);
  });

  it('takes nothing but a keyframe where none is open, and counts the rest', async () => {
    const [key, next] = await encodeStream({ patterns: [[[red]], [[green]]] });
    expect([await decode(next), opened, counters.droppedDamaged]).to.deep.equal([undefined, 0, 1]);
    await decode(key);
    decoder.close();
    expect([await decode(next), opened, counters.droppedDamaged]).to.deep.equal([undefined, 1, 2]);
  });

  it('is closed again when nobody wants the input by the time it is open', async () => {
    const [key] = await encodeStream({ patterns: [[[red]]] });
    const decoding = decode(key);
    isWanted = false;
    expect(await decoding).to.equal(undefined);
    expect([opened, counters.droppedDamaged, liveNativeObjectsByKind().decoder]).to.deep.equal([1, 0, 0]);
  });

  it('says of pictures that they are not current when it was closed while they were made', async () => {
    const [key, next] = await encodeStream({ patterns: [[[red]], [[green]]] });
    await decode(key);
    const decoding = decode(next);
    decoder.close();
    expect(await decoding).to.deep.equal([1, false]);
  });

  it('begins H.264 with the parameter sets that came last, wherever they came', async () => {
    const [first, second] = await encodeStream({ codec: 'h264', patterns: [[[red]], [[green]]], keyframes: [1] });
    const bare = { ...second!, data: withoutParameterSets(second!.data) };
    let failure: unknown;
    await decoder.decode(bare).catch((error: unknown) => (failure = error));
    expect(failure).to.be.instanceOf(MediaError);
    decoder.close();
    decoder.note(first!);
    expect(await decode(bare)).to.deep.equal([1, true]);
  });
});

/** Annex B: from the start code of the first coded slice of an IDR picture (type 5) on. */
function withoutParameterSets(data: Uint8Array): Uint8Array {
  const at = data.findIndex((byte, index) => byte === 0 && data[index + 1] === 0 && data[index + 2] === 1 && ((data[index + 3] ?? 0) & 0x1f) === 5);
  return data.subarray(at);
}
