import { expect } from 'chai';
import fc from 'fast-check';
import { DelayControl, fastestSpeed } from '../../../mixer/audio/delay-control.js';
import { energy, LevelMeter, levelDbov } from '../../../mixer/audio/level-meter.js';
import { MixSum } from '../../../mixer/audio/mix-sum.js';
import { PacketQueue } from '../../../mixer/audio/packet-queue.js';
import { PlayedIndices } from '../../../mixer/audio/played-indices.js';
import { SoundBlock } from '../../../mixer/audio/sound-block.js';
import { isLoud, quietBelowDbov, TalkGate } from '../../../mixer/audio/talk-gate.js';
import { countingPacket } from './fake-decoder.js';
import { noise, tone } from './sound.js';

function block(left: Float32Array, right?: Float32Array): SoundBlock {
  const made = new SoundBlock();
  made.left.set(left);
  if (right !== undefined) made.right.set(right);
  made.isStereo = right !== undefined;
  return made;
}

describe('MixSum', () => {
  const gains = [1, 0.1, 1, 10 ** (-7 / 20), 3];
  const voices = [0.9, 0.3, 1, 0.0001, 3].map((amplitude, i) => (i === 2 ? block(noise(amplitude, 960, i), noise(amplitude, 960, 90)) : block(noise(amplitude, 960, i))));

  function sumOf(which: (index: number) => boolean): MixSum {
    const sum = new MixSum();
    voices.forEach((voice, i) => which(i) && sum.add(voice, gains[i]));
    return sum;
  }

  it('gives each talker exactly the sum of the others, whatever their gains and channels', () => {
    const sum = sumOf(() => true);
    const [mine, expected] = [new SoundBlock(), new SoundBlock()];
    voices.forEach((own, i) => {
      sumOf((other) => other !== i).copyInto(expected);
      sum.withoutInto(own, mine, gains[i]);
      expect(mine.left).to.deep.equal(expected.left);
      // Whose own voice was the only stereo hears the others twice.
      expect(mine.isStereo).to.equal(true);
      expect(mine.right).to.deep.equal(expected.isStereo ? expected.right : expected.left);
    });
  });

  it('stays mono for mono voices, and puts them into both channels beside a stereo one', () => {
    const [mono, stereo] = [block(noise(0.5, 960, 1)), block(noise(0.5, 960, 2), new Float32Array(960))];
    const out = new SoundBlock();
    const sum = new MixSum();
    sum.add(mono);
    sum.copyInto(out);
    expect([out.isStereo, out.left]).to.deep.equal([false, mono.left]);
    sum.add(stereo);
    sum.copyInto(out);
    expect([out.isStereo, out.right]).to.deep.equal([true, mono.left]);
    sum.clear();
    sum.add(mono);
    sum.copyInto(out);
    expect(out.isStereo, 'in the next tick without it').to.equal(false);
  });

  it('leaves a lone talker with silence, and nothing from the tick before', () => {
    const sum = new MixSum();
    sum.add(block(noise(1, 960, 1)));
    sum.clear();
    const own = block(noise(1, 960, 2));
    sum.add(own);
    const out = new SoundBlock();
    out.left.fill(1);
    sum.withoutInto(own, out);
    expect(out.left).to.deep.equal(new Float32Array(960));
  });
});

describe('levelDbov', () => {
  it('counts as RFC 6464 does: a full square wave is 0, a full sine -3, silence -127', () => {
    expect(levelDbov(energy(new Float32Array(960).fill(1)), 960)).to.equal(0);
    expect(levelDbov(energy(tone(1000, 1, 0, 960)), 960)).to.equal(-3);
    expect(levelDbov(energy(tone(1000, 0.001, 0, 960)), 960)).to.equal(-63);
    expect(levelDbov(0, 960)).to.equal(-127);
    expect(levelDbov(1e-30, 960)).to.equal(-127);
    expect(levelDbov(5000, 960), 'never above 0').to.equal(0);
    expect(levelDbov(Number.NaN, 960)).to.equal(-127);
  });

  it('is not finite when any sample is not', () => {
    expect(energy(Float32Array.of(0.1, Number.NaN))).to.be.NaN;
    expect(energy(Float32Array.of(0.1, Number.POSITIVE_INFINITY))).to.equal(Number.POSITIVE_INFINITY);
  });

  it('is metered from reading to reading', () => {
    const meter = new LevelMeter();
    expect(meter.take()).to.equal(undefined);
    meter.add(960, 960);
    meter.add(0, 960);
    expect(meter.take()).to.equal(-3);
    expect(meter.take()).to.equal(undefined);
  });
});

describe('TalkGate', () => {
  it('opens at a loud packet and holds for a second of the sender\'s time', () => {
    const gate = new TalkGate();
    expect(gate.isOpen(0)).to.equal(false);
    gate.heardLoud(500_000);
    // Still to be played: open already.
    expect(gate.isOpen(450_000)).to.equal(true);
    expect(gate.isOpen(1_499_999)).to.equal(true);
    expect(gate.isOpen(1_500_000)).to.equal(false);
    gate.heardLoud(400_000);
    expect(gate.isOpen(1_450_000), 'an older packet changes nothing').to.equal(true);
    gate.reset();
    expect(gate.isOpen(0)).to.equal(false);
  });

  it('calls loud what reaches the threshold', () => {
    expect([quietBelowDbov - 1, quietBelowDbov, 0, -127].map(isLoud)).to.deep.equal([false, true, true, false]);
  });
});

describe('PacketQueue', () => {
  const packet = (index: number): ReturnType<typeof countingPacket> => countingPacket({ index, first: 0, ptsUs: index * 20_000, arrivalUs: 0 });

  it('orders whatever comes, once each', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 60 }), (indices) => {
      const queue = new PacketQueue();
      const seen = new Set<number>();
      for (const index of indices) {
        expect(queue.push(packet(index))).to.equal(seen.has(index) ? 'duplicate' : 'queued');
        seen.add(index);
      }
      const ordered = [...seen].sort((a, b) => a - b);
      expect(queue.spanUs).to.equal((ordered.at(-1)! - ordered[0]! + 1) * 20_000);
      expect(ordered.map(() => queue.take()!.index)).to.deep.equal(ordered);
      expect(queue.take()).to.equal(undefined);
      expect(queue.spanUs).to.equal(0);
    }));
  });

  it('refuses what is no Opus packet', () => {
    expect(new PacketQueue().push({ ...packet(1), data: new Uint8Array(0) })).to.equal('malformed');
  });
});

describe('PlayedIndices', () => {
  for (const start of [0, 1, -70, 2 ** 31 - 2, 2 ** 40]) {
    it(`tells played from missing, from ${start} on`, () => {
      const indices = new PlayedIndices();
      expect(indices.hasHoleBefore(start)).to.equal(false);
      for (const index of [0, 1, 3]) indices.mark(start + index);
      expect([0, 1, 2, 3, 4].map((index) => indices.wasPlayed(start + index))).to.deep.equal([true, true, false, true, false]);
      expect(indices.hasHoleBefore(start + 4)).to.equal(false);
      expect(indices.hasHoleBefore(start + 5)).to.equal(true);
      expect(indices.last).to.equal(start + 3);
    });
  }

  it('calls loss above 1 % lossy, and forgets it', () => {
    const indices = new PlayedIndices();
    let index = 0;
    const play = (count: number, step: number): void => {
      for (let i = 0; i < count; i += 1) {
        index += i % step === step - 1 ? 2 : 1;
        indices.mark(index);
      }
    };
    play(2000, 200);
    expect(indices.lossy, '0.5 %').to.equal(false);
    play(1000, 30);
    expect(indices.lossy, '3 %').to.equal(true);
    play(2000, Number.POSITIVE_INFINITY);
    expect(indices.lossy).to.equal(false);
  });
});

describe('DelayControl', () => {
  it('rests while the delay is near, and drives an error out to its end', () => {
    const control = new DelayControl();
    expect(control.speed(2_900)).to.equal(1);
    expect(control.speed(-2_900)).to.equal(1);
    let errorUs = 20_000;
    let ticks = 0;
    for (let speed = control.speed(errorUs); speed !== 1; speed = control.speed(errorUs)) {
      expect(speed).to.be.within(1, fastestSpeed);
      errorUs -= (speed - 1) * 20_000;
      ticks += 1;
    }
    expect(errorUs).to.be.within(-1, 300);
    // 20 ms at 0.1 ms a tick.
    expect(ticks).to.be.within(200, 300);
    expect(control.speed(-10_000), 'and the other way').to.be.closeTo(2 - fastestSpeed, 1e-9);
  });
});
