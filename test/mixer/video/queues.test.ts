import { expect } from 'chai';
import type { DecodedPicture } from '../../../mixer/ffmpeg/decoded-picture.js';
import type { VideoFrame } from '../../../mixer/protocol.js';
import { EncodedQueue } from '../../../mixer/video/encoded-queue.js';
import { PictureQueue } from '../../../mixer/video/picture-queue.js';

function frame(ptsMs: number, keyframe = false): VideoFrame {
  const ptsUs = ptsMs * 1000;
  return { participantId: 'ann', source: 'camera', codec: 'vp8', ptsUs, arrivalUs: ptsUs, keyframe, gapBefore: false, rotationDegrees: 0, data: new Uint8Array(1) };
}

describe('queue of encoded frames', () => {
  it('keeps 600 ms in order', () => {
    const queue = new EncodedQueue();
    for (let ms = 0; ms <= 600; ms += 50) expect(queue.push(frame(ms))).to.equal(0);
    expect(queue.take()?.ptsUs).to.equal(0);
    expect(queue.length).to.equal(12);
  });

  it('drops up to the last keyframe when full', () => {
    const queue = new EncodedQueue();
    for (let ms = 0; ms <= 600; ms += 50) queue.push(frame(ms, ms === 0 || ms === 200 || ms === 400));
    expect(queue.push(frame(650))).to.equal(8);
    expect(queue.take()).to.include({ ptsUs: 400_000, keyframe: true });
  });

  it('drops everything when full without a keyframe to go on with', () => {
    const queue = new EncodedQueue();
    for (let ms = 0; ms <= 600; ms += 50) queue.push(frame(ms, ms === 0));
    expect(queue.push(frame(650))).to.equal(14);
    expect(queue.length).to.equal(0);
  });

  it('is bounded also where all frames have the same time, or times that go back', () => {
    const queue = new EncodedQueue();
    let dropped = 0;
    for (let count = 0; count < 200; count += 1) dropped += queue.push(frame(0));
    expect(queue.length).to.be.at.most(64);
    expect(dropped + queue.length).to.equal(200);
    queue.clear();
    queue.push(frame(10_000));
    expect(queue.push(frame(0))).to.equal(2);
  });
});

describe('queue of decoded pictures', () => {
  class FakePicture {
    open = true;
    readonly ptsUs: number;
    constructor(ptsMs: number) {
      this.ptsUs = ptsMs * 1000;
    }
    close(): void {
      this.open = false;
    }
  }

  function fill(...ptsMs: number[]): { queue: PictureQueue; pictures: FakePicture[] } {
    const queue = new PictureQueue();
    const pictures = ptsMs.map((ms) => new FakePicture(ms));
    for (const picture of pictures) queue.push(picture as unknown as DecodedPicture);
    return { queue, pictures };
  }

  it('gives the newest that is due and closes those it overtakes', () => {
    const { queue, pictures } = fill(0, 33, 66, 100);
    const due = queue.takeDue(70_000);
    expect(due?.picture).to.equal(pictures[2]);
    expect(due?.overtaken).to.equal(2);
    expect(pictures.map(({ open }) => open)).to.deep.equal([false, false, true, true]);
  });

  it('gives nothing before its time', () => {
    const { queue } = fill(100);
    expect(queue.takeDue(99_999)).to.be.undefined;
    expect(queue.takeDue(100_000)).not.to.be.undefined;
    expect(queue.takeDue(100_000)).to.be.undefined;
  });

  it('does not wait for a picture whose time is seconds ahead', () => {
    const { queue, pictures } = fill(5_000);
    expect(queue.takeDue(100_000)?.picture).to.equal(pictures[0]);
  });

  it('keeps the order of decoding where times go back', () => {
    const { queue, pictures } = fill(1_000, 0, 33);
    expect(queue.takeDue(1_000_000)?.picture).to.equal(pictures[2]);
  });

  it('holds six pictures or a quarter of a second', () => {
    expect(fill(0, 33, 66, 100, 133).queue.hasRoom).to.be.true;
    expect(fill(0, 33, 66, 100, 133, 166).queue.hasRoom).to.be.false;
    expect(fill(0, 250).queue.hasRoom).to.be.false;
  });

  it('closes what is left', () => {
    const { queue, pictures } = fill(0, 33);
    queue.close();
    queue.close();
    expect(pictures.map(({ open }) => open)).to.deep.equal([false, false]);
  });
});
