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
    const due = queue.takeDue(70_000, 0);
    expect(due?.picture).to.equal(pictures[2]);
    expect(due?.overtaken).to.equal(2);
    expect(pictures.map(({ open }) => open)).to.deep.equal([false, false, true, true]);
  });

  it('gives nothing before its time', () => {
    const { queue } = fill(100);
    expect(queue.takeDue(99_999, 0)).to.be.undefined;
    expect(queue.takeDue(100_000, 0)).not.to.be.undefined;
    expect(queue.takeDue(100_000, 0)).to.be.undefined;
  });

  it('leaves one that is only just due for the next tick, where an older one is there', () => {
    const { queue, pictures } = fill(0, 33, 66);
    expect(queue.takeDue(68_000, 8_000)).to.deep.equal({ picture: pictures[1], overtaken: 1 });
    expect(queue.takeDue(101_000, 8_000)?.picture).to.equal(pictures[2]);
  });

  it('leaves one for a second at most, for that is a tick of delay', () => {
    const queue = new PictureQueue();
    const period = 100 / 3;
    queue.push(new FakePicture(0) as unknown as DecodedPicture);
    let overtaken = 0;
    for (let tick = 1; tick <= 100; tick += 1) {
      queue.push(new FakePicture(tick * period) as unknown as DecodedPicture);
      overtaken += queue.takeDue((tick * period + 2) * 1000, 8_000)?.overtaken ?? 0;
      if (tick === 30) expect(overtaken).to.equal(0);
    }
    expect(overtaken).to.equal(1);
  });

  it('takes one that is only just not due in a stream that would stand, and not out of rest', () => {
    const { queue, pictures } = fill(0, 33);
    expect(queue.takeDue(-2_000, 8_000)).to.be.undefined;
    expect(queue.takeDue(0, 8_000)?.picture).to.equal(pictures[0]);
    expect(queue.takeDue(26_000, 8_000)?.picture).to.equal(pictures[1]);
  });

  for (const phaseMs of [-15, -10, -5, -1, 0, 1, 2, 5, 10, 15]) {
    it(`gives each tick one picture of a stream with jitter that comes ${phaseMs} ms after its ticks`, () => {
      const queue = new PictureQueue();
      const counts = { nothing: 0, overtaken: 0 };
      let pushed = 0;
      for (let tick = 0; tick < 300; tick += 1) {
        // Within 4 ms, in no order; ready 15 ms after its time, when its tick may be over.
        const ptsMs = (frame: number): number => (frame * 100) / 3 + phaseMs + (((frame * 7) % 5) - 2);
        for (; ptsMs(pushed) + 15 <= (tick * 100) / 3; pushed += 1) queue.push(new FakePicture(ptsMs(pushed)) as unknown as DecodedPicture);
        const due = queue.takeDue((tick * 100_000) / 3 - 15_000, 100_000 / 24);
        if (due === undefined) counts.nothing += 1;
        else counts.overtaken += due.overtaken;
      }
      expect(counts.nothing, 'ticks without a picture').to.be.at.most(11);
      expect(counts.overtaken).to.be.at.most(10);
    });
  }

  it('does not wait for a picture whose time is seconds ahead', () => {
    const { queue, pictures } = fill(5_000);
    expect(queue.takeDue(100_000, 0)?.picture).to.equal(pictures[0]);
  });

  it('keeps the order of decoding where times go back', () => {
    const { queue, pictures } = fill(1_000, 0, 33);
    expect(queue.takeDue(1_000_000, 0)?.picture).to.equal(pictures[2]);
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
