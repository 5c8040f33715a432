import { expect } from 'chai';
import { readH264, readIvf, readOggOpus } from '../../../bench/clients/media-files.js';

function ivf(...frames: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(32);
  header.write('DKIF', 0, 'latin1');
  const framed = frames.map((frame, index) => {
    const frameHeader = Buffer.alloc(12);
    frameHeader.writeUInt32LE(frame.length, 0);
    frameHeader.writeUInt32LE(index, 4);
    return Buffer.concat([frameHeader, frame]);
  });
  return Buffer.concat([header, ...framed]);
}

/** @param lacing the page's segment table; its packets hold `fill`. */
function oggPage(lacing: readonly number[], fill: number): Buffer {
  const header = Buffer.alloc(27);
  header.write('OggS', 0, 'latin1');
  header.writeUInt8(lacing.length, 26);
  return Buffer.concat([header, Buffer.from(lacing), Buffer.alloc(lacing.reduce((sum, bytes) => sum + bytes, 0), fill)]);
}

describe('media files', () => {
  it('reads IVF frame by frame and tells keyframes by their lowest bit', () => {
    const file = ivf(Buffer.from([0x10, 1, 2]), Buffer.from([0x11]), Buffer.from([0x50, 9]));
    expect(readIvf(file).map(({ keyframe, data }) => [keyframe, [...data]])).to.deep.equal([
      [true, [0x10, 1, 2]],
      [false, [0x11]],
      [true, [0x50, 9]],
    ]);
  });

  it('leaves out an IVF frame that is cut off', () => {
    const file = ivf(Buffer.from([0x10]), Buffer.from([0x11, 2, 3]));
    expect(readIvf(file.subarray(0, file.length - 1))).to.have.lengthOf(1);
    expect(readIvf(file.subarray(0, 20))).to.deep.equal([]);
  });

  it('cuts H.264 at its delimiters, which it takes off', () => {
    const keyframe = [0, 0, 0, 1, 0x67, 1, 0, 0, 0, 1, 0x68, 2, 0, 0, 1, 0x65, 3];
    const other = [0, 0, 1, 0x41, 4];
    const file = Buffer.from([0, 0, 0, 1, 9, 0x10, ...keyframe, 0, 0, 0, 1, 9, 0x30, ...other]);
    expect(readH264(file).map((picture) => [picture.keyframe, [...picture.data]])).to.deep.equal([
      [true, keyframe],
      [false, other],
    ]);
  });

  it('reads Opus packets out of Ogg, also those of 255 bytes and more and those that go over a page', () => {
    const file = Buffer.concat([oggPage([19], 1), oggPage([60], 2), oggPage([10, 255, 5, 255, 0], 3), oggPage([255], 4), oggPage([255, 7, 3], 5)]);
    const packets = readOggOpus(file);
    expect(packets.map(({ length }) => length)).to.deep.equal([10, 260, 255, 517, 3]);
    expect([...new Set(packets[3])]).to.deep.equal([4, 5]);
  });

  it('finds nothing in what is no Ogg', () => {
    expect(readOggOpus(Buffer.from('no sound at all, only this line of text'))).to.deep.equal([]);
  });
});
