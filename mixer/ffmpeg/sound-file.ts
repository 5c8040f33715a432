import { AVERROR_EAGAIN, AVERROR_EOF, AVMEDIA_TYPE_AUDIO, AV_CHANNEL_ORDER_NATIVE, AV_CH_LAYOUT_MONO, AV_CH_LAYOUT_STEREO, AV_SAMPLE_FMT_FLTP } from 'node-av/constants';
import { Codec, CodecContext, Dictionary, FormatContext, Frame, Packet, SoftwareResampleContext } from 'node-av/lib';
import type { Sound } from '../audio/sound-block.js';
import { CallSlot } from './call-slot.js';
import { MediaError, check } from './library.js';
import { countFreed, countOpened } from './native-ledger.js';

export interface SoundFileOptions {
  /** Absolute. */
  readonly path: string;
  /** After the last sample comes the first, without a seam, for ever. */
  readonly loop: boolean;
}

/** As in the table of errors. */
export type SoundFileFault = 'sound_unreadable' | 'sound_too_long' | 'sound_too_short';

/** The file is not what it should be; `message` is for the operator's log. */
export class SoundFileError extends MediaError {
  readonly code: SoundFileFault;

  constructor(code: SoundFileFault, message: string) {
    super(message);
    this.code = code;
  }
}

const sampleRateHz = 48_000;

/** Hold music and announcements are shorter; a longer one was meant for something else. Nothing is held in memory, so it could be more. */
export const longestSoundMs = 600_000;
/** Each round opens the file anew: rounds of a few samples would keep a core busy. Half a second, less what a resampler holds back of the first. */
const shortestLoopSamples = 0.49 * sampleRateHz;
const longestSoundSamples = (longestSoundMs / 1000) * sampleRateHz;

/** What an operator puts there. Nothing that names other files or addresses: a playlist would make the server read or fetch them. */
const inputOptions = { format_whitelist: 'wav,mp3,ogg,flac,mov', protocol_whitelist: 'file' };

/** A run of damaged packets this long is no damage but another kind of file. */
const mostDamagedPackets = 50;

/** One way through the file, from its first packet to its last. */
interface Input {
  readonly format: FormatContext;
  readonly decoder: CodecContext;
  readonly streamIndex: number;
}

/**
 * A sound file of the operator's as 48 kHz float, mono or stereo, a piece at a time: reading and decoding run on libuv's pool. One call at a time; `close()`
 * may come during a call and takes effect at its end. A loop opens the file anew for each round (no format's seeking lands on the exact first sample) and
 * keeps the resampler, so that nothing is heard of the seam.
 */
export class SoundFile {
  readonly #options: SoundFileOptions;
  readonly #packet = new Packet();
  readonly #frame = new Frame();
  readonly #slot = new CallSlot('A sound file', () => this.#free());
  #input: Input;
  #resampler: SoftwareResampleContext | undefined;
  /** Rate, format and channels that the resampler takes. */
  #resampled = '';
  #isStereo = false;
  #samplesOfRound = 0;
  #damagedPackets = 0;
  #phase: 'packets' | 'decoder' | 'resampler' | 'over' = 'packets';

  private constructor(options: SoundFileOptions, input: Input) {
    this.#options = options;
    this.#input = input;
    this.#packet.alloc();
    this.#frame.alloc();
    countOpened('packet');
    countOpened('frame');
  }

  /** @throws {SoundFileError} */
  static async open(options: SoundFileOptions): Promise<SoundFile> {
    return new SoundFile(options, await openInput(options.path));
  }

  /**
   * The next piece, most often 20 to 100 ms, in memory of its own; undefined at the end, or once it is closed.
   * @throws {SoundFileError} and is not to be called again
   */
  async read(): Promise<Sound | undefined> {
    this.#slot.enter();
    try {
      let piece: Sound | undefined;
      while (piece === undefined && this.#phase !== 'over' && !this.#slot.isClosing) piece = await this.#step();
      return this.#slot.isClosing ? undefined : piece;
    } catch (error) {
      throw asFileError(error);
    } finally {
      this.#slot.leave();
    }
  }

  async #step(): Promise<Sound | undefined> {
    if (this.#phase === 'resampler') {
      this.#phase = 'over';
      return this.#resample(undefined);
    }
    const { decoder } = this.#input;
    const received = decoder.receiveFrameSync(this.#frame);
    if (received >= 0) {
      try {
        return this.#resample(this.#frame);
      } finally {
        this.#frame.unref();
      }
    }
    if (received === AVERROR_EOF) await this.#endRound();
    else if (received !== AVERROR_EAGAIN) this.#countDamage(received);
    else await this.#feed();
    return undefined;
  }

  async #feed(): Promise<void> {
    const { format, decoder, streamIndex } = this.#input;
    const code = await format.readFrame(this.#packet);
    if (code < 0) {
      // A file that was cut off ends where it ends.
      this.#phase = 'decoder';
      check(await decoder.sendPacket(null), 'ending a sound file');
      return;
    }
    try {
      if (this.#packet.streamIndex !== streamIndex) return;
      const sent = await decoder.sendPacket(this.#packet);
      if (sent < 0) this.#countDamage(sent);
      else this.#damagedPackets = 0;
    } finally {
      this.#packet.unref();
    }
  }

  #countDamage(code: number): void {
    this.#damagedPackets += 1;
    if (this.#damagedPackets > mostDamagedPackets) check(code, 'decoding a sound file');
  }

  async #endRound(): Promise<void> {
    if (this.#samplesOfRound === 0) throw new SoundFileError('sound_unreadable', 'The file has no sound in it.');
    if (!this.#options.loop) {
      this.#phase = 'resampler';
      return;
    }
    if (this.#samplesOfRound < shortestLoopSamples) throw new SoundFileError('sound_too_short', 'A sound that is looped has to last half a second.');
    const next = await openInput(this.#options.path);
    freeInput(this.#input);
    this.#input = next;
    this.#samplesOfRound = 0;
    this.#phase = 'packets';
  }

  /** @param frame undefined: what the resampler still holds */
  #resample(frame: Frame | undefined): Sound | undefined {
    const resampler = frame === undefined ? this.#resampler : this.#resamplerFor(frame);
    if (resampler === undefined) return undefined;
    const most = resampler.getOutSamples(frame?.nbSamples ?? 0);
    if (most <= 0) return undefined;
    const left = new Float32Array(most);
    const right = this.#isStereo ? new Float32Array(most) : undefined;
    const planes = (right === undefined ? [left] : [left, right]).map(({ buffer }) => Buffer.from(buffer));
    const samples = resampler.convertSync(planes, most, frame?.extendedData ?? null, frame?.nbSamples ?? 0);
    check(samples, 'resampling a sound file');
    this.#samplesOfRound += samples;
    if (this.#samplesOfRound > longestSoundSamples) throw tooLong();
    return samples === 0 ? undefined : { left: left.subarray(0, samples), right: right?.subarray(0, samples) };
  }

  /** @throws {SoundFileError} when the sound changes its format, in the middle or from one round to the next (the file was replaced) */
  #resamplerFor({ sampleRate, format, channels, channelLayout }: Frame): SoftwareResampleContext {
    const resampled = `${sampleRate} ${format} ${channels}`;
    if (this.#resampler !== undefined) {
      if (resampled !== this.#resampled) throw new SoundFileError('sound_unreadable', 'The sound changes its format.');
      return this.#resampler;
    }
    const isStereo = channels > 1;
    const layout = isStereo ? { order: AV_CHANNEL_ORDER_NATIVE, nbChannels: 2, mask: AV_CH_LAYOUT_STEREO } : { order: AV_CHANNEL_ORDER_NATIVE, nbChannels: 1, mask: AV_CH_LAYOUT_MONO };
    const resampler = new SoftwareResampleContext();
    try {
      check(resampler.allocSetOpts2(layout, AV_SAMPLE_FMT_FLTP, sampleRateHz, channelLayout, format as Parameters<SoftwareResampleContext['allocSetOpts2']>[4], sampleRate), 'a resampler for a sound file');
      check(resampler.init(), 'a resampler for a sound file');
    } catch (error) {
      resampler.free();
      throw error;
    }
    countOpened('other');
    this.#isStereo = isStereo;
    this.#resampler = resampler;
    this.#resampled = resampled;
    return resampler;
  }

  close(): void {
    this.#slot.close();
  }

  #free(): void {
    freeInput(this.#input);
    if (this.#resampler !== undefined) {
      this.#resampler.free();
      countFreed('other');
    }
    this.#packet.free();
    this.#frame.free();
    countFreed('packet');
    countFreed('frame');
  }
}

async function openInput(path: string): Promise<Input> {
  const format = new FormatContext();
  countOpened('other');
  let decoder: CodecContext | undefined;
  try {
    format.allocContext();
    check(await format.openInput(`file:${path}`, null, Dictionary.fromObject(inputOptions)), 'opening a sound file');
    check(await format.findStreamInfo(), 'looking into a sound file');
    const streamIndex = format.findBestStream(AVMEDIA_TYPE_AUDIO);
    const stream = format.streams[streamIndex];
    if (streamIndex < 0 || stream === undefined) throw new SoundFileError('sound_unreadable', 'The file has no sound in it.');
    // Microseconds; not positive where the format does not say. Then it is counted while it is decoded.
    if (format.duration > BigInt(longestSoundMs) * 1000n) throw tooLong();
    const implementation = Codec.findDecoder(stream.codecpar.codecId);
    if (implementation === null) throw new SoundFileError('sound_unreadable', 'The sound is coded in a way that is not known here.');
    decoder = new CodecContext();
    decoder.allocContext3(implementation);
    countOpened('decoder');
    check(decoder.parametersToContext(stream.codecpar), 'opening the decoder of a sound file');
    // Without it the decoder cannot cut off what the encoder put before the first sample.
    decoder.pktTimebase = stream.timeBase;
    decoder.threadCount = 1;
    check(await decoder.open2(implementation, null), 'opening the decoder of a sound file');
    return { format, decoder, streamIndex };
  } catch (error) {
    if (decoder === undefined) freeFormat(format);
    else freeInput({ format, decoder });
    throw asFileError(error);
  }
}

function freeInput({ format, decoder }: Pick<Input, 'format' | 'decoder'>): void {
  decoder.freeContext();
  countFreed('decoder');
  freeFormat(format);
}

function freeFormat(format: FormatContext): void {
  format.closeInputSync();
  countFreed('other');
}

function tooLong(): SoundFileError {
  return new SoundFileError('sound_too_long', `A sound may last ${longestSoundMs / 60_000} minutes.`);
}

function asFileError(error: unknown): unknown {
  return error instanceof MediaError && !(error instanceof SoundFileError) ? new SoundFileError('sound_unreadable', error.message) : error;
}
