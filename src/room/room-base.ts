/** What a room stands on: its clock, its port, its mixer thread. They are opened before anything of the room is there, and closed when all of it has gone. */
import { Mixer, RoomClock, type MixerEvent } from '../../mixer/index.js';
import { UdpPort } from '../peer/index.js';
import type { RoomOptions } from '../rooms/protocol.js';
import { audioSettings } from './audio-settings.js';
import { toFormat } from './canvas-format.js';

interface MixerEventSink {
  take: (event: MixerEvent) => void;
}

export class RoomBase {
  readonly clock: RoomClock;
  readonly port: UdpPort;
  readonly mixer: Mixer;

  readonly #mixerEvents: MixerEventSink;

  private constructor(clock: RoomClock, port: UdpPort, mixer: Mixer, mixerEvents: MixerEventSink) {
    this.clock = clock;
    this.port = port;
    this.mixer = mixer;
    this.#mixerEvents = mixerEvents;
  }

  /**
   * @param onExit the mixer thread died, or was closed
   * @throws {Error} when no port of the range is free or the mixer does not start; nothing stays open then
   */
  static async open(options: RoomOptions, onExit: (reason: string) => void): Promise<RoomBase> {
    const clock = new RoomClock();
    const port = await UdpPort.open({ hosts: options.udpHosts, hasTcp: options.iceTcp, portMin: options.udpPortMin, portMax: options.udpPortMax, announcedAddresses: options.announcedAddresses, clock });
    try {
      const mixerEvents: MixerEventSink = { take: () => undefined };
      const mixer = await Mixer.create({
        options: { zero: clock.zero, canvas: toFormat(options.video), maxInputPixels: options.maxInputPixels, audio: audioSettings(options.audio) },
        onEvent: (event) => mixerEvents.take(event),
        onExit,
      });
      return new RoomBase(clock, port, mixer, mixerEvents);
    } catch (error) {
      await port.close();
      throw error;
    }
  }

  /** The mixer is silent until it is told something: whoever tells it first says where its events go. */
  set onMixerEvent(take: MixerEventSink['take']) {
    this.#mixerEvents.take = take;
  }

  /** Answers how many native objects were not freed: 0, or it is a bug. */
  async close(): Promise<number> {
    const { liveNativeObjects } = await this.mixer.close();
    await this.port.close();
    return liveNativeObjects;
  }
}
