/** One microphone with a clock of its own and a bad network before it, on simulated time: RTP packets into the room's real uplink, as they would arrive. */
import type { AudioPacket } from '../../mixer/index.js';
import { AudioUplink } from '../../src/room/audio-uplink.js';
import { CaptureClock } from '../../src/rtp/capture-clock.js';
import { DelayQueue } from '../network/delay-queue.js';
import type { ImpairmentStep } from '../network/impairment.js';
import { LinkDirection } from '../network/link-direction.js';
import { SeededRandom } from '../network/seeded-random.js';
import type { Recording } from './recording.js';

export interface SimulatedSenderOptions {
  readonly participantId: string;
  readonly recording: Recording;
  /** By how much its clock runs fast. */
  readonly ppm: number;
  /** Of its network, from `startUs` on. */
  readonly steps: readonly ImpairmentStep[];
  readonly sendsLevels: boolean;
  /** A new SSRC, sequence and timestamp each so many packets; undefined: never. */
  readonly packetsBetweenRestarts: number | undefined;
  readonly startUs: number;
  readonly seed: number;
  readonly onPacket: (packet: AudioPacket) => void;
}

interface SentPacket {
  readonly uplink: AudioUplink;
  readonly sequenceNumber: number;
  readonly timestamp: number;
  readonly payload: Uint8Array;
  readonly level: Uint8Array | undefined;
  /** When its first sample was spoken, in the room's time. */
  readonly spokenUs: number;
}

const packetUs = 20_000;
const packetTicks = 960;
const levelExtensionId = 1;
/** IP, UDP, RTP and SRTP round the payload; the link without a limit does not mind. */
const overheadBytes = 60;

const noHeaderTail = new Uint8Array(0);

export class SimulatedSender {
  readonly participantId: string;
  /** By how much the last packet's capture time lies behind the moment at which it was spoken: the path's least delay, the length of a packet in it. */
  captureErrorUs = 0;
  readonly #options: SimulatedSenderOptions;
  readonly #captureClock = new CaptureClock();
  readonly #link: LinkDirection;
  readonly #underWay = new DelayQueue<SentPacket>();
  readonly #random: SeededRandom;
  #uplink: AudioUplink;
  #spoken = 0;
  #sequenceNumber = 0;
  #timestampZero = 0;
  #deliveredSpokenUs = 0;

  constructor(options: SimulatedSenderOptions) {
    this.participantId = options.participantId;
    this.#options = options;
    this.#link = new LinkDirection({ seed: options.seed });
    this.#link.setSteps(options.steps, options.startUs);
    this.#random = new SeededRandom(options.seed);
    this.#uplink = this.#openUplink();
  }

  #openUplink(): AudioUplink {
    const draw = (below: number): number => Math.floor(below * this.#random.next());
    this.#sequenceNumber = draw(0x1_0000);
    this.#timestampZero = draw(0x1_0000_0000);
    const { participantId, onPacket } = this.#options;
    return new AudioUplink({
      participantId, ssrc: draw(0x1_0000_0000), captureClock: this.#captureClock, levelExtensionId,
      onPacket: (packet) => {
        this.captureErrorUs = packet.ptsUs - this.#deliveredSpokenUs;
        onPacket(packet);
      },
    });
  }

  /** When its packet of that number begins, in the room's time. */
  spokenUs(packet: number): number {
    return this.#options.startUs + (packet * packetUs) / (1 + this.#options.ppm / 1e6);
  }

  /** The last of each `every` packets that began before then. */
  lastBefore(atUs: number, every: number): number {
    const packet = Math.floor(((atUs - this.#options.startUs) * (1 + this.#options.ppm / 1e6)) / packetUs);
    return packet - (packet % every);
  }

  /** Speaks and delivers what is due. @param isSilent sends nothing meanwhile, though time goes on */
  run(nowUs: number, isSilent: boolean): void {
    for (; this.spokenUs(this.#spoken + 1) <= nowUs; this.#spoken += 1) this.#speak(this.#spoken, isSilent);
    for (let dueUs = this.#underWay.nextDueUs; dueUs !== undefined && dueUs <= nowUs; dueUs = this.#underWay.nextDueUs) {
      const due = this.#underWay.take(dueUs);
      if (due !== undefined) this.#deliver(due, dueUs);
    }
  }

  #speak(packet: number, isSilent: boolean): void {
    const { packetsBetweenRestarts, recording, sendsLevels } = this.#options;
    if (packetsBetweenRestarts !== undefined && packet > 0 && packet % packetsBetweenRestarts === 0) {
      this.#uplink.close();
      this.#uplink = this.#openUplink();
    }
    const recorded = recording[packet % recording.length];
    if (recorded?.data === undefined || isSilent) return;
    const sentUs = this.spokenUs(packet + 1);
    const sent: SentPacket = {
      uplink: this.#uplink,
      sequenceNumber: this.#sequenceNumber,
      timestamp: (this.#timestampZero + packet * packetTicks) >>> 0,
      payload: recorded.data,
      level: sendsLevels ? Uint8Array.of(-recorded.levelDbov) : undefined,
      spokenUs: this.spokenUs(packet),
    };
    this.#sequenceNumber = (this.#sequenceNumber + 1) & 0xffff;
    for (const dueUs of this.#link.admit(recorded.data.length + overheadBytes, sentUs)) this.#underWay.push(dueUs, sent);
  }

  #deliver({ uplink, sequenceNumber, timestamp, payload, level, spokenUs }: SentPacket, arrivalUs: number): void {
    // What is under way when the source changes belongs to nobody any more.
    if (uplink !== this.#uplink) return;
    this.#deliveredSpokenUs = spokenUs;
    uplink.receive({ flags: 0x80, payloadType: 111, marker: false, sequenceNumber, timestamp, ssrc: uplink.ssrc, payload, extension: () => level, headerTail: () => noHeaderTail }, arrivalUs);
  }

  close(): void {
    this.#uplink.close();
  }
}
