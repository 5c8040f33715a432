import type { AudioEngine, AudioEngineOptions } from '../audio/audio-engine.js';
import type { RoomTime } from '../clock/room-clock.js';
import { TickScheduler } from '../clock/tick-scheduler.js';
import type { Timers } from '../clock/timers.js';
import { liveNativeObjects, liveNativeObjectsByKind } from '../ffmpeg/native-ledger.js';
import type { MixerCommand, MixerEvent, MixerOptions, MixerStats } from '../protocol.js';
import type { Lettering } from '../video/lettering-thread/lettering.js';
import type { LetteringThreadOptions } from '../video/lettering-thread/lettering-thread.js';
import { VideoEngine } from '../video/video-engine.js';
import { FaultReporter } from './fault-reporter.js';

export type Audio = Pick<
  AudioEngine,
  'addParticipant' | 'removeParticipant' | 'pushPacket' | 'setListeners' | 'setVoice' | 'setHearing' | 'setReportedLoss' | 'playSound' | 'setSoundListeners' | 'stopSound' | 'tick' | 'skipTo' | 'playoutDelayUs' | 'requestMinimumDelay' | 'stats' | 'close'
>;

export interface MixerThreadOptions {
  readonly options: MixerOptions;
  readonly time: RoomTime;
  readonly timers: Timers;
  /** Of libuv's pool, which all rooms' codecs of this process share. */
  readonly poolThreads: number;
  readonly createAudio: (options: AudioEngineOptions) => Promise<Audio>;
  readonly createLettering: (options: LetteringThreadOptions) => Lettering;
  readonly onEvent: (event: MixerEvent) => void;
}

/** The mixing of one room: commands in, events out, both halves moved by one clock. */
export class MixerThread {
  readonly #onEvent: (event: MixerEvent) => void;
  readonly #faults: FaultReporter;
  readonly #audio: Audio;
  readonly #video: VideoEngine;
  readonly #lettering: Lettering;
  readonly #scheduler: TickScheduler;
  #closing: Promise<void> | undefined;

  /** Resolves when it mixes; says so by `ready`. @throws where this machine lacks a codec */
  static async create(given: MixerThreadOptions): Promise<MixerThread> {
    const { options, time, onEvent } = given;
    const faults = new FaultReporter({ time, onFault: (stage, participantId, message) => onEvent({ type: 'fault', stage, participantId, message }) });
    const audio = await given.createAudio({
      settings: options.audio,
      onEncoded: (encoded) => onEvent({ type: 'encodedAudio', audio: encoded }),
      onLevels: (levels) => onEvent({ type: 'levels', levels }),
      onSoundEnded: (soundId, error) => onEvent({ type: 'soundEnded', soundId, error }),
      onFault: (stage, participantId, message) => faults.report(stage, participantId, message),
    });
    const thread = new MixerThread(given, audio, faults);
    thread.#scheduler.start();
    onEvent({ type: 'ready' });
    return thread;
  }

  private constructor({ options, time, timers, poolThreads, createLettering, onEvent }: MixerThreadOptions, audio: Audio, faults: FaultReporter) {
    this.#onEvent = onEvent;
    this.#faults = faults;
    this.#audio = audio;
    this.#lettering = createLettering({ onFault: (message) => faults.report('lettering', undefined, message) });
    this.#video = new VideoEngine({
      canvas: options.canvas,
      maxInputPixels: options.maxInputPixels,
      decodesAtOnce: Math.max(1, poolThreads - 1),
      time,
      sound: audio,
      lettering: this.#lettering,
      events: {
        onEncoded: (video) => onEvent({ type: 'encodedVideo', video }),
        onKeyframeNeeded: (participantId, source) => onEvent({ type: 'keyframeNeeded', participantId, source }),
        onPictureSize: (participantId, source, widthPx, heightPx) => onEvent({ type: 'pictureSize', participantId, source, widthPx, heightPx }),
        onFault: (stage, participantId, message) => faults.report(stage, participantId, message),
      },
    });
    this.#scheduler = new TickScheduler({
      time,
      timers,
      fps: options.canvas.fps,
      ticks: {
        onAudioTick: (tickUs) => audio.tick(tickUs),
        onAudioSkip: (tickUs) => audio.skipTo(tickUs),
        onVideoTick: (tickUs, index) => this.#video.tick(tickUs, index),
      },
    });
  }

  /** A command that cannot be done is told as a fault; the thread goes on. */
  handle(command: MixerCommand): void {
    if (this.#closing !== undefined) return;
    try {
      this.#dispatch(command);
    } catch (error) {
      this.#faults.report(`command ${command.type}`, undefined, String(error));
    }
  }

  #dispatch(command: MixerCommand): void {
    switch (command.type) {
      case 'audioPacket':
        this.#audio.pushPacket(command.packet);
        break;
      case 'videoFrame':
        this.#video.pushFrame(command.frame);
        break;
      case 'addParticipant':
        this.#audio.addParticipant(command.participantId);
        this.#video.addParticipant(command.participantId);
        break;
      case 'removeParticipant':
        this.#audio.removeParticipant(command.participantId);
        this.#video.removeParticipant(command.participantId);
        break;
      case 'setScene':
        this.#video.setScene(command.scene);
        break;
      case 'addVideoOutput':
        this.#video.addOutput(command.output);
        break;
      case 'removeVideoOutput':
        this.#video.removeOutput(command.outputId);
        break;
      case 'requestKeyframe':
        this.#video.requestKeyframe(command.outputId);
        break;
      case 'setAudioListeners':
        this.#audio.setListeners(command.listeners);
        break;
      case 'setVoice':
        this.#audio.setVoice(command.participantId, command.voice);
        break;
      case 'setHearing':
        this.#audio.setHearing(command.participantId, command.hearing);
        break;
      case 'setReportedLoss':
        this.#audio.setReportedLoss(command.loss);
        break;
      case 'playSound':
        this.#audio.playSound(command.sound);
        break;
      case 'setSoundListeners':
        this.#audio.setSoundListeners(command.soundId, command.participantIds);
        return;
      case 'stopSound':
        this.#audio.stopSound(command.soundId);
        break;
      case 'snapshot':
        this.#snapshot(command.requestId);
        break;
      case 'stats':
        this.#onEvent({ type: 'stats', requestId: command.requestId, stats: this.#stats() });
        break;
      case 'ping':
        this.#onEvent({ type: 'pong' });
        break;
      case 'close':
        void this.close();
    }
  }

  #snapshot(requestId: number): void {
    this.#video.snapshot().then(
      (png) => this.#onEvent({ type: 'snapshot', requestId, png }),
      (error: unknown) => {
        this.#faults.report('snapshot', undefined, String(error));
        this.#onEvent({ type: 'snapshot', requestId, png: new Uint8Array(0) });
      },
    );
  }

  #stats(): MixerStats {
    return {
      clock: this.#scheduler.statistics,
      audio: this.#audio.stats(),
      video: this.#video.stats(),
      faultsNotTold: this.#faults.held,
      nativeObjects: liveNativeObjectsByKind(),
    };
  }

  /** Frees everything, then says `closed` with what is left in native memory. */
  close(): Promise<void> {
    this.#closing ??= this.#free();
    return this.#closing;
  }

  async #free(): Promise<void> {
    this.#scheduler.close();
    await this.#video.close();
    await this.#audio.close();
    await this.#lettering.close();
    this.#onEvent({ type: 'closed', report: { liveNativeObjects: liveNativeObjects() } });
  }
}
