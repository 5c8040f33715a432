import { expect } from 'chai';
import { PlayoutBuffer } from '../../../mixer/audio/playout-buffer.js';
import { SoundBlock } from '../../../mixer/audio/sound-block.js';
import { capturedUs, CountingDecoder, countingPacket, cycle, type CountingPacketOptions } from './fake-decoder.js';
import { join } from './sound.js';

const tick = 960;
const tickUs = 20_000;

/** A sender, a network and a room: packets are pushed when they arrive, ticks come each 20 ms. */
class Playground {
  readonly buffer = new PlayoutBuffer();
  readonly decoder: CountingDecoder;
  readonly heard: Float32Array[] = [];
  #nowUs = 1_000_000;
  readonly #packets: ReturnType<typeof countingPacket>[] = [];
  #sent = 0;

  constructor(decoder = new CountingDecoder()) {
    this.decoder = decoder;
  }

  send(options: Partial<CountingPacketOptions> & { readonly index: number }): void {
    const { index, first = index * tick } = options;
    // Captured from the first tick on, whole after 20 ms, 3 ms on the way.
    const ptsUs = options.ptsUs ?? 1_000_000 + index * tickUs;
    this.#packets.push(countingPacket({ first, ptsUs, arrivalUs: ptsUs + 23_000, ...options }));
  }

  sendMany(from: number, to: number): void {
    for (let index = from; index < to; index += 1) this.send({ index });
  }

  run(ticks: number): void {
    this.#packets.sort((a, b) => a.arrivalUs - b.arrivalUs);
    for (let i = 0; i < ticks; i += 1) {
      for (let next = this.#packets[this.#sent]; next !== undefined && next.arrivalUs <= this.#nowUs; next = this.#packets[this.#sent]) {
        this.buffer.push(next);
        this.#sent += 1;
      }
      const out = new SoundBlock();
      this.buffer.pull(this.#nowUs, out, this.decoder);
      this.heard.push(out.left);
      this.#nowUs += tickUs;
    }
  }

  get nowUs(): number {
    return this.#nowUs;
  }

  /** Numbers of the samples heard in the last tick. */
  lastNumbers(): number[] {
    return Array.from(this.heard.at(-1)!, (value) => Math.round(value * cycle));
  }

  /** Capture of the last tick's first sample to that tick, by content. */
  lastDelayUs(): number {
    return this.#nowUs - tickUs - 1_000_000 - capturedUs(this.heard.at(-1)![0]!, this.#nowUs - 1_000_000);
  }
}

describe('PlayoutBuffer', () => {
  it('plays a steady sender bit by bit, in order, once each', () => {
    const room = new Playground();
    room.sendMany(0, 100);
    room.run(100);
    const heard = join(room.heard).map((value) => Math.round(value * cycle));
    // The ramp of 5 ms at the start apart, every number follows the one before.
    const start = heard.indexOf(480);
    expect(start).to.be.greaterThan(0);
    heard.subarray(start, 50 * tick).forEach((number, i) => { expect(number).to.equal(480 + i); });
    expect(room.buffer.counters).to.include({ late: 0, duplicates: 0, concealedMs: 0 });
  });

  it('starts 40 ms above the fastest packet and comes down to what the network needs', () => {
    const room = new Playground();
    room.sendMany(0, 1500);
    room.run(10);
    expect(room.lastDelayUs()).to.be.closeTo(23_000 + 40_000, 1500);
    room.run(1400);
    expect(room.lastDelayUs()).to.be.closeTo(23_000 + 20_000, 5_000);
    expect(room.buffer.delayUs).to.be.closeTo(room.lastDelayUs(), 500);
    expect(room.buffer.counters.concealedMs).to.equal(0);
  });

  it('gets rid of the delay of a troubled beginning within two seconds, period by period', () => {
    const room = new Playground();
    for (let index = 0; index < 400; index += 1) {
      const late = index < 95 && index % 10 < 4 ? (4 - (index % 10)) * tickUs : 0;
      room.send({ index, arrivalUs: 1_000_000 + index * tickUs + 23_000 + late });
    }
    room.run(99);
    expect(room.lastDelayUs()).to.be.above(23_000 + 85_000);
    room.run(100);
    // 20 ms more than is needed are left to playing a little faster.
    expect(room.lastDelayUs()).to.be.below(23_000 + 20_000 + 25_000);
    expect(room.buffer.counters.shortened).to.be.within(4, 25);
    const concealedMs = room.buffer.counters.concealedMs;
    room.run(190);
    expect(room.buffer.counters.concealedMs, 'nothing is missing after it').to.equal(concealedMs);
  });

  it('puts packets that overtook each other back in order', () => {
    const room = new Playground();
    for (let index = 0; index < 60; index += 1) {
      // Each third packet comes 25 ms late: after the one that follows it.
      const ptsUs = 1_000_000 + index * tickUs;
      room.send({ index, arrivalUs: ptsUs + (index % 3 === 0 ? 28_000 : 3_000) });
    }
    room.run(60);
    expect(room.decoder.calls.filter((call) => call.startsWith('conceal'))).to.deep.equal([]);
    expect(room.decoder.calls).to.deep.equal(Array.from({ length: room.decoder.calls.length }, (_, i) => `decode ${i}`));
    expect(room.decoder.calls.length).to.be.greaterThan(50);
  });

  it('drops duplicates, of waiting and of played packets', () => {
    const room = new Playground();
    room.sendMany(0, 40);
    for (let index = 0; index < 40; index += 1) room.send({ index, arrivalUs: 1_000_000 + index * tickUs + 24_000 });
    room.send({ index: 5, arrivalUs: 1_000_000 + 30 * tickUs });
    room.run(40);
    expect(room.buffer.counters.duplicates).to.be.greaterThan(35);
    expect(room.buffer.counters.late).to.equal(0);
    expect(new Set(room.decoder.calls).size).to.equal(room.decoder.calls.length);
  });

  it('fills a hole from the next packet\'s FEC, before it conceals', () => {
    const room = new Playground();
    room.sendMany(0, 20);
    room.send({ index: 21, fec: true });
    for (let index = 22; index < 40; index += 1) room.send({ index, fec: true });
    room.run(40);
    const { calls } = room.decoder;
    const at = calls.indexOf('decode 19');
    expect(calls.slice(at, at + 4)).to.deep.equal(['decode 19', 'fec 21', 'decode 21', 'decode 22']);
    expect(room.buffer.counters).to.include({ recoveredByFec: 1, concealedMs: 0 });
    const heard = join(room.heard).map((value) => Math.round(value * cycle));
    expect(heard.includes(20 * tick + 500), 'a sample of the lost packet').to.equal(true);
  });

  it('conceals a longer hole, its last packet from FEC, without moving the delay', () => {
    const room = new Playground();
    room.sendMany(0, 30);
    for (let index = 33; index < 80; index += 1) room.send({ index, fec: true });
    room.run(25);
    const before = room.lastDelayUs();
    room.run(50);
    const { calls } = room.decoder;
    const at = calls.indexOf('decode 29');
    const filled = calls.slice(at + 1, calls.indexOf('decode 33'));
    expect(filled.at(-1)).to.equal('fec 33');
    expect(filled.slice(0, -1).reduce((sum, call) => sum + Number(call.split(' ')[1]), 0), 'samples concealed').to.equal(2 * tick);
    expect(room.lastDelayUs()).to.be.closeTo(before, 6_000);
  });

  it('fades concealment to silence within 100 ms, and stays silent', () => {
    const room = new Playground();
    room.sendMany(0, 20);
    room.run(60);
    const concealed = room.decoder.calls.filter((call) => call.startsWith('conceal'));
    expect(concealed.length).to.be.within(5, 10);
    expect(room.buffer.counters.concealedMs).to.equal(100);
    expect(room.lastNumbers().every((number) => number === 0)).to.equal(true);
  });

  it('takes a gap in time without a hole for DTX: no loss, and back at the wanted delay', () => {
    const room = new Playground();
    room.sendMany(0, 60);
    // 400 ms without packets, then the next index.
    for (let index = 60; index < 100; index += 1) room.send({ index, first: (index + 20) * tick, ptsUs: 1_000_000 + (index + 20) * tickUs });
    room.run(75);
    room.run(30);
    expect(room.lastDelayUs()).to.be.closeTo(43_000, 6_000);
    expect(room.buffer.counters).to.include({ recoveredByFec: 0, late: 0, restarts: 0 });
    expect(room.buffer.counters.concealedMs).to.be.at.most(100);
  });

  it('merges a late packet into what was made up in its place, and none that comes after a hole in time', () => {
    const room = new Playground();
    room.sendMany(0, 100);
    for (let index = 100; index < 103; index += 1) room.send({ index, arrivalUs: 1_000_000 + 103 * tickUs + 23_000 });
    room.sendMany(103, 160);
    for (let index = 161; index < 200; index += 1) room.send({ index });
    room.run(110);
    expect(room.buffer.counters.merged).to.equal(1);
    room.run(90);
    expect(room.buffer.counters.concealedMs).to.be.above(20);
    expect(room.buffer.counters.merged, 'after the hole').to.equal(1);
  });

  it('goes on with the noise of a sender who rests (DTX) for a second, and fades what is loss', () => {
    const room = new Playground();
    room.sendMany(0, 50);
    const rests = countingPacket({ index: 50, first: 50 * tick, ptsUs: 1_000_000 + 50 * tickUs, arrivalUs: 1_023_000 + 50 * tickUs });
    room.run(50);
    room.buffer.push({ ...rests, data: Uint8Array.of(0x48, 0) });
    room.run(40);
    expect(room.buffer.counters.comfortMs).to.be.within(600, 1_000);
    expect(room.buffer.counters.concealedMs).to.equal(0);
    expect(room.heard.at(-1)!.every((sample) => sample > 0), 'still there').to.equal(true);
    room.run(60);
    expect(room.buffer.counters.comfortMs, 'gone').to.be.within(1_000, 1_150);
    expect(room.lastNumbers().every((number) => number === 0)).to.equal(true);
  });

  it('plays a packet that came late whole, and brings the delay back', () => {
    const room = new Playground();
    room.sendMany(0, 100);
    // From 100 on the network holds all back for 60 ms, once.
    for (let index = 100; index < 103; index += 1) room.send({ index, arrivalUs: 1_000_000 + 103 * tickUs + 23_000 });
    room.sendMany(103, 1400);
    room.run(110);
    const numbers = join(room.heard).map((value) => Math.round(value * cycle));
    for (let index = 100; index < 103; index += 1) expect(numbers.includes(index * tick + 760), `packet ${index}`).to.equal(true);
    room.run(1250);
    expect(room.lastDelayUs()).to.be.closeTo(43_000, 6_000);
  });

  it('skips to where the sender is when a stall of half a second comes out at once', () => {
    const room = new Playground();
    room.sendMany(0, 100);
    for (let index = 100; index < 125; index += 1) room.send({ index, arrivalUs: 1_000_000 + 125 * tickUs + 23_000 });
    room.sendMany(125, 2200);
    room.run(140);
    expect(room.lastDelayUs()).to.be.below(330_000);
    expect(room.buffer.counters.skipped).to.be.greaterThan(5);
    room.run(2000);
    expect(room.lastDelayUs()).to.be.closeTo(43_000, 6_000);
  });

  it('bounds what waits, by time and by number', () => {
    const buffer = new PlayoutBuffer();
    for (let index = 0; index < 200; index += 1) buffer.push(countingPacket({ index, first: 0, ptsUs: index * tickUs, arrivalUs: 0 }));
    expect(buffer.queuedUs).to.be.at.most(500_000);
    expect(buffer.counters.overflowed).to.equal(175);
    const still = new PlayoutBuffer();
    for (let index = 0; index < 1000; index += 1) still.push(countingPacket({ index, first: 0, ptsUs: 0, arrivalUs: 0 }));
    expect(still.counters.overflowed).to.equal(1000 - 256);
  });

  for (const samples of [1920, 2880]) {
    it(`plays packets of ${samples / 48} ms`, () => {
      const room = new Playground();
      for (let index = 0; index < 60; index += 1) {
        const ptsUs = 1_000_000 + (index * samples * 1000) / 48;
        room.send({ index, samples, first: index * samples, ptsUs, arrivalUs: ptsUs + (samples * 1000) / 48 + 3000 });
      }
      room.run(100);
      expect(room.buffer.counters).to.include({ concealedMs: 0, late: 0 });
      const last = room.lastNumbers();
      last.forEach((number, i) => { expect(number - last[0]!).to.be.closeTo(i, 5); });
      expect(last[0]).to.be.greaterThan(80 * tick);
    });
  }

  it('goes on with a stream whose indices begin anew', () => {
    const room = new Playground();
    for (let index = 1000; index < 1050; index += 1) room.send({ index, first: (index - 1000) * tick, ptsUs: 1_000_000 + (index - 1000) * tickUs });
    for (let index = 0; index < 50; index += 1) room.send({ index, first: (index + 50) * tick, ptsUs: 1_000_000 + (index + 50) * tickUs });
    room.run(95);
    expect(room.buffer.counters.restarts).to.equal(1);
    expect(room.lastDelayUs()).to.be.closeTo(43_000, 20_000);
  });

  it('counts what is no Opus packet, and plays on', () => {
    const room = new Playground();
    room.sendMany(0, 50);
    room.run(20);
    room.buffer.push({ ...countingPacket({ index: 20, first: 0, ptsUs: 1_400_000, arrivalUs: 1_400_000 }), data: new Uint8Array(0) });
    room.buffer.push({ ...countingPacket({ index: 20, first: 0, ptsUs: 1_400_000, arrivalUs: 1_400_000 }), data: new Uint8Array([0xff, 0xff]) });
    room.run(20);
    expect(room.buffer.counters).to.include({ malformed: 2, concealedMs: 0 });
  });

  it('lets packets pass by time unheard, and begins in step, with a warm decoder', () => {
    const room = new Playground();
    room.sendMany(0, 200);
    const { buffer, decoder } = room;
    for (let index = 0; index < 100; index += 1) {
      buffer.push(countingPacket({ index, first: index * tick, ptsUs: 1_000_000 + index * tickUs, arrivalUs: 1_023_000 + index * tickUs }));
      buffer.pass(1_023_000 + index * tickUs);
      expect(buffer.queuedUs).to.be.at.most(100_000);
    }
    expect(decoder.calls).to.deep.equal([]);
    const out = new SoundBlock();
    for (let index = 100; index < 103; index += 1) {
      buffer.push(countingPacket({ index, first: index * tick, ptsUs: 1_000_000 + index * tickUs, arrivalUs: 1_023_000 + index * tickUs }));
      buffer.pull(1_023_000 + index * tickUs, out, decoder);
    }
    const played = Math.round(out.left[300]! * cycle) - 300;
    expect(1_023_000 + 102 * tickUs - (1_000_000 + (played * 1000) / 48)).to.be.closeTo(buffer.targetUs(), 1500);
    const decoded = decoder.calls.map((call) => Number(call.split(' ')[1]));
    decoded.forEach((index, i) => { expect(index).to.equal(decoded[0]! + i); });
    expect(decoded[0], 'first of the warm-up').to.be.within(Math.floor(played / tick) - 7, Math.floor(played / tick) - 4);
  });

  it('waits for pictures that were repaired within two seconds, also while somebody talks without a pause', () => {
    const room = new Playground();
    // Each packet is one whole number of waves: what repeats can be played twice.
    for (let index = 0; index < 400; index += 1) room.send({ index, first: 0 });
    room.run(100);
    const before = room.buffer.delayUs!;
    for (let i = 0; i < 100; i += 1) {
      room.buffer.requestMinimumDelay(160_000);
      room.run(1);
    }
    expect(before).to.be.below(60_000);
    expect(room.buffer.delayUs!).to.be.above(120_000);
    expect(room.buffer.counters.lengthened).to.be.within(5, 25);
    expect(room.buffer.counters.concealedMs).to.equal(0);
  });

  it('waits for video that asks, slowly, at most to 200 ms, and comes back by itself', () => {
    const room = new Playground();
    room.sendMany(0, 12_000);
    room.run(500);
    const before = room.lastDelayUs();
    for (let i = 0; i < 1500; i += 1) {
      room.buffer.requestMinimumDelay(120_000);
      room.run(1);
    }
    expect(room.lastDelayUs()).to.be.closeTo(120_000, 4_000);
    for (let i = 0; i < 2500; i += 1) {
      room.buffer.requestMinimumDelay(900_000);
      room.run(1);
    }
    expect(room.lastDelayUs()).to.be.closeTo(223_000, 4_000);
    // The request was for 900 ms, and goes back by 10 ms a second from where it could be followed.
    room.run(3000);
    expect(room.lastDelayUs()).to.be.below(60_000);
    expect(before).to.be.below(50_000);
  });

  it('comes down by 50 ms a second for video that asks for less, and stands where it asks for the same', () => {
    const room = new Playground();
    room.sendMany(0, 400);
    const askFor = (delayUs: number, ticks: number): void => {
      for (let tickIndex = 0; tickIndex < ticks; tickIndex += 1) {
        // Ten times a second, as video does.
        if (tickIndex % 5 === 0) room.buffer.requestMinimumDelay(delayUs);
        room.run(1);
      }
    };
    askFor(160_000, 100);
    expect(room.buffer.targetUs(), 'stands').to.be.within(159_000, 160_000);
    askFor(60_000, 50);
    expect(room.buffer.targetUs(), 'on the way').to.be.closeTo(110_000, 5_000);
    askFor(60_000, 60);
    expect(room.buffer.targetUs(), 'there').to.be.within(59_000, 60_000);
  });
});
