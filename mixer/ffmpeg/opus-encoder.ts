import { AV_CHANNEL_ORDER_NATIVE, AV_CH_LAYOUT_MONO, AV_CH_LAYOUT_STEREO, AV_OPT_SEARCH_CHILDREN, AV_OPT_TYPE_BOOL, AV_OPT_TYPE_INT, AV_SAMPLE_FMT_FLT, FF_ENCODER_LIBOPUS } from 'node-av/constants';
import { Codec, CodecContext, Frame, Packet, Rational } from 'node-av/lib';
import type { Sound } from '../audio/sound-block.js';
import { check } from './library.js';
import { countFreed, countOpened } from './native-ledger.js';

export interface OpusEncoderOptions {
  readonly channels: 1 | 2;
  /** 6,000 to 510,000. */
  readonly bitrateBps: number;
  /**
   * 0 to 10. Measured on synthesised speech at 48 kbps, one frame of 20 ms (2 cores, shared; trust ratios): complexity 5 takes 235 us, 7 290 us, 10 320 us; error
   * against the input -10.9, -10.7, -10.8 dB. From 7 on libopus also looks whether it hears speech or music and changes to CELT for music: better tones,
   * no FEC, and a listener who is switched from one encoder to another hears the level of music drop by 6 dB or more for 100 ms whenever the two
   * disagree about it. Below 7, with FEC and a loss above 5 %, it stays in the hybrid mode, and no switch is heard.
   */
  readonly complexity: number;
  /** How much of what is sent gets lost, 0 to 100: how far frames lean on the ones before, and how many bits go into the second copy of each (in-band FEC). */
  readonly lossPercent: number;
  /** A second copy of each frame in the next one; only the modes for speech have it (RFC 6716 section 2.1.7), and from a loss of 6 % on it keeps libopus in them. */
  readonly hasFec: boolean;
}

const sampleRateHz = 48_000;
const frameSamples = 960;
const layouts = { 1: AV_CH_LAYOUT_MONO, 2: AV_CH_LAYOUT_STEREO } as const;

/** OPUS_APPLICATION_AUDIO: `voip` filters and sharpens, which the talkers' own encoders did already. */
const application = 2049;
/** Constrained: free VBR gave 85 kbps for 48 on hard signals, more than a listener's link was asked for. */
const constrainedVbr = 2;

/**
 * One stream of Opus: 48 kHz, 20 ms. What it was opened with stays: FFmpeg's wrapper hands libopus nothing later on. Without libopus's own DTX: whoever owns the
 * stream knows true silence from a pause, and sends a packet of three bytes for it without any encode.
 * The call is synchronous: on libuv's pool the same frame costs 40 % more CPU and waits behind video frames of 5 to 15 ms.
 */
export class OpusEncoder {
  readonly #channels: 1 | 2;
  readonly #context: CodecContext;
  readonly #frame = new Frame();
  readonly #packet = new Packet();
  #samples: Float32Array;
  #pts = 0n;
  #closed = false;

  /** Synchronous, about 0.2 ms: a talker's own stream must begin with the tick in which he begins. @throws {MediaError} */
  constructor({ channels, bitrateBps, complexity, lossPercent, hasFec }: OpusEncoderOptions) {
    this.#channels = channels;
    const implementation = Codec.findEncoderByName(FF_ENCODER_LIBOPUS);
    this.#context = new CodecContext();
    this.#context.allocContext3(implementation);
    try {
      this.#context.sampleRate = sampleRateHz;
      this.#context.sampleFormat = AV_SAMPLE_FMT_FLT;
      this.#context.channelLayout = { order: AV_CHANNEL_ORDER_NATIVE, nbChannels: channels, mask: layouts[channels] };
      this.#context.timeBase = new Rational(1, sampleRateHz);
      this.#context.bitRate = BigInt(bitrateBps);
      this.#setNumber('application', application);
      this.#setNumber('compression_level', complexity);
      this.#setNumber('packet_loss', lossPercent);
      this.#setNumber('vbr', constrainedVbr);
      check(this.#context.setOption('fec', hasFec, AV_OPT_TYPE_BOOL, AV_OPT_SEARCH_CHILDREN), 'setting fec of the Opus encoder');
      // Not through open2Sync's dictionary: node-av 6.1.1 frees that one twice and the process dies at a later garbage collection.
      check(this.#context.open2Sync(implementation, null), 'opening the Opus encoder');
      this.#samples = this.#allocate();
    } catch (error) {
      this.#context.freeContext();
      this.#frame.free();
      throw error;
    }
    this.#packet.alloc();
    countOpened('encoder');
    countOpened('frame');
    countOpened('packet');
  }

  #setNumber(name: string, value: number): void {
    check(this.#context.setOption(name, value, AV_OPT_TYPE_INT, AV_OPT_SEARCH_CHILDREN), `setting ${name} of the Opus encoder`);
  }

  #allocate(): Float32Array {
    this.#frame.alloc();
    this.#frame.format = AV_SAMPLE_FMT_FLT;
    this.#frame.sampleRate = sampleRateHz;
    this.#frame.nbSamples = frameSamples;
    this.#frame.channelLayout = { order: AV_CHANNEL_ORDER_NATIVE, nbChannels: this.#channels, mask: layouts[this.#channels] };
    check(this.#frame.getBuffer(0), 'memory for 20 ms of sound');
    return this.#view();
  }

  #view(): Float32Array {
    const plane = this.#frame.data?.[0];
    if (plane === undefined) throw new Error('FFmpeg gave an audio frame without samples.');
    return new Float32Array(plane.buffer, plane.byteOffset, frameSamples * this.#channels);
  }

  /**
   * @param sound 960 samples; beyond +-1 they are coded as they are, limit them before. Of two channels an encoder of one takes the mean
   * @returns one packet in an ArrayBuffer of its own; its sound comes out of a decoder 6.5 ms late (libopus looks ahead)
   * @throws {MediaError} and may be called again; {@link RangeError} for another number of samples
   */
  encode(sound: Sound): Uint8Array {
    if (this.#closed) throw new Error('An Opus encoder was used after it was closed.');
    if (sound.left.length !== frameSamples) throw new RangeError(`The Opus encoder takes ${frameSamples} samples, not ${sound.left.length}.`);
    if (!this.#frame.isWritable) {
      // FFmpeg keeps the frame: it gets a copy, and we a new place to write to.
      check(this.#frame.makeWritable(), 'memory for 20 ms of sound');
      this.#samples = this.#view();
    }
    this.#fill(sound);
    this.#frame.pts = this.#pts;
    this.#pts += BigInt(frameSamples);
    check(this.#context.sendFrameSync(this.#frame), 'encoding sound');
    check(this.#context.receivePacketSync(this.#packet), 'encoding sound');
    try {
      // The getter copies.
      const { data } = this.#packet;
      if (data === null) throw new Error('libopus made an empty packet.');
      return data;
    } finally {
      this.#packet.unref();
    }
  }

  #fill({ left, right }: Sound): void {
    const samples = this.#samples;
    if (this.#channels === 2) {
      const other = right ?? left;
      for (let i = 0; i < frameSamples; i += 1) {
        samples[2 * i] = left[i] ?? 0;
        samples[2 * i + 1] = other[i] ?? 0;
      }
    } else if (right === undefined) samples.set(left);
    else for (let i = 0; i < frameSamples; i += 1) samples[i] = ((left[i] ?? 0) + (right[i] ?? 0)) / 2;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#context.freeContext();
    this.#frame.free();
    this.#packet.free();
    countFreed('encoder');
    countFreed('frame');
    countFreed('packet');
  }
}
