/** The rooms of this server by name: made by their first joiner, closed a while after the last one left, brought back when their process died. */
import type { Layouts } from '../../layouts/index.js';
import { AppError } from '../errors.js';
import type { Log } from '../log.js';
import type { CancelTimer, Time } from '../time.js';
import type { AudioDescription, RoomDescription, RoomOptions, VideoDescription } from './protocol.js';
import { RecordingBook } from './recording-book.js';
import { RoomHandle } from './room-handle.js';
import { RoomProcess } from './room-process.js';
import { SoundFolder, type SoundFolderChoices } from './sound-folder.js';
import { SpareProcess } from './spare-process.js';

/** What a room gets that nobody chose for it. */
export type RoomDefaults = Omit<RoomOptions, 'name' | 'createdAt'>;

export interface RoomRegistryOptions {
  readonly roomModulePath: string;
  readonly defaults: RoomDefaults;
  readonly layouts: Layouts;
  readonly createOnJoin: boolean;
  readonly maxRooms: number;
  readonly emptyTimeoutMs: number;
  readonly unusedTimeoutMs: number;
  /** Absolute. */
  readonly recordingsFolder: string;
  readonly sounds: SoundFolderChoices;
  readonly time: Time;
  readonly log: Log;
}

/** What a room keeps when its process dies. */
type RoomChoices = Pick<RoomOptions, 'createdAt' | 'layout' | 'video' | 'audio'>;

/** Whatever is missing is the default. */
export interface ChosenByCaller {
  readonly layout?: string | undefined;
  readonly video?: { readonly [Side in keyof VideoDescription]?: number | undefined } | undefined;
  readonly audio?: { readonly mode?: AudioDescription['mode'] | undefined } | undefined;
}

interface Slot {
  readonly opening: Promise<RoomHandle>;
  /** Made for a joiner who has yet to be let in; nobody asked for the room itself. */
  isForJoiner: boolean;
  /** When it is closed, if nobody has been let in by then. */
  unusedUntilMs: number;
  handle: RoomHandle | undefined;
  cancelClose: CancelTimer | undefined;
}

interface FailedRoom {
  readonly choices: RoomChoices;
  readonly cancelForget: CancelTimer;
}

/** A failed room can be rejoined for at least so long, however soon empty rooms are closed: pages come back within 3 s. */
const shortestComebackMs = 30_000;

export class RoomRegistry {
  readonly recordings = new RecordingBook();
  readonly soundFolder: SoundFolder;
  readonly #options: RoomRegistryOptions;
  readonly #spare: SpareProcess;
  /** Present from the first moment of opening, so that two joiners of that moment share one room. */
  readonly #slots = new Map<string, Slot>();
  readonly #failed = new Map<string, FailedRoom>();
  #isClosed = false;

  constructor(options: RoomRegistryOptions) {
    this.#options = options;
    this.soundFolder = new SoundFolder({ ...options.sounds, time: options.time });
    const { roomModulePath: modulePath, time, log } = options;
    this.#spare = new SpareProcess({ spawn: () => new RoomProcess({ modulePath, time, log }), time, log });
  }

  /** Starts the first spare process. */
  start(): void {
    this.#spare.refill();
  }

  get canMakeRooms(): boolean {
    return this.#spare.canSpawn && !this.#isClosed;
  }

  get layoutNames(): readonly string[] {
    return this.#options.layouts.names;
  }

  /** Open rooms, the oldest first. */
  list(): readonly RoomDescription[] {
    return [...this.#slots.values()].flatMap(({ handle }) => (handle === undefined ? [] : [handle.describe()]));
  }

  /** @throws {AppError} room_exists, unknown_layout, too_many_rooms, starting… */
  async create(name: string, chosen: ChosenByCaller = {}): Promise<RoomHandle> {
    const slot = this.#slots.get(name);
    if (slot !== undefined) {
      // Who hears that it is there counts on it.
      slot.isForJoiner = false;
      throw new AppError('room_exists');
    }
    return this.#open(name, this.#choose(chosen), false);
  }

  /** Whether it is open, or about to be. */
  has(name: string): boolean {
    return this.#slots.has(name);
  }

  /** @throws {AppError} room_not_found */
  async find(name: string): Promise<RoomHandle> {
    const slot = this.#slots.get(name);
    if (slot === undefined) throw new AppError('room_not_found');
    return slot.opening;
  }

  /** For participants: the first of them makes the room, unless that is switched off. */
  async findOrCreate(name: string): Promise<RoomHandle> {
    if (!this.#slots.has(name) && !this.#failed.has(name) && this.#options.createOnJoin) return this.#open(name, this.#choose({}), true);
    return this.findOrBringBack(name);
  }

  /** For viewers: they do not make rooms, but bring back one whose process died. */
  async findOrBringBack(name: string): Promise<RoomHandle> {
    const failed = this.#failed.get(name);
    if (this.#slots.has(name) || failed === undefined) return this.find(name);
    return this.#open(name, failed.choices, false);
  }

  /** The template's own name for a name or an alias. @throws {AppError} unknown_layout */
  findLayout(nameOrAlias: string): string {
    const { layouts } = this.#options;
    const template = layouts.find(nameOrAlias);
    if (template === undefined) throw new AppError('unknown_layout', undefined, { layouts: layouts.names });
    return template.name;
  }

  /** @throws {AppError} room_not_found */
  async remove(name: string): Promise<void> {
    const handle = await this.find(name);
    await this.#closeRoom(handle, 'room_closed');
  }

  /** Every room, with its recordings finished; then no more are made. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#spare.close();
    for (const { cancelForget } of this.#failed.values()) cancelForget();
    this.#failed.clear();
    const openings = [...this.#slots.values()].map(({ opening }) => opening);
    await Promise.all(openings.map((opening) => opening.then((handle) => this.#closeRoom(handle, 'server_closing')).catch(() => undefined)));
  }

  #choose({ layout, video, audio }: ChosenByCaller): RoomChoices {
    const { defaults, time } = this.#options;
    const { width = defaults.video.width, height = defaults.video.height, fps = defaults.video.fps } = video ?? {};
    return {
      createdAt: time.date().toISOString(),
      layout: layout === undefined ? defaults.layout : this.findLayout(layout),
      video: { width, height, fps },
      audio: { ...defaults.audio, mode: audio?.mode ?? defaults.audio.mode },
    };
  }

  #open(name: string, choices: RoomChoices, isForJoiner: boolean): Promise<RoomHandle> {
    if (this.#isClosed) return Promise.reject(new AppError('server_closing'));
    if (this.#slots.size >= this.#options.maxRooms) return Promise.reject(new AppError('too_many_rooms'));
    this.#failed.get(name)?.cancelForget();
    this.#failed.delete(name);
    const slot: Slot = { opening: this.#openIn(name, choices), isForJoiner, unusedUntilMs: Number.POSITIVE_INFINITY, handle: undefined, cancelClose: undefined };
    this.#slots.set(name, slot);
    slot.opening.then(
      (handle) => {
        const { time, unusedTimeoutMs } = this.#options;
        slot.handle = handle;
        slot.unusedUntilMs = time.nowMs() + unusedTimeoutMs;
        if (!handle.isOccupied) this.#closeLater(name, slot, unusedTimeoutMs);
      },
      () => {
        this.#slots.delete(name);
      },
    ).finally(() => this.#refillSpare());
    return slot.opening;
  }

  async #openIn(name: string, choices: RoomChoices): Promise<RoomHandle> {
    const { defaults, recordingsFolder, time, log } = this.#options;
    const process = await this.#spare.take();
    const handle = await RoomHandle.open({
      process,
      room: { ...defaults, ...choices, name },
      recordingsFolder,
      soundFolder: this.soundFolder,
      book: this.recordings,
      time,
      log,
      events: { occupied: (isOccupied) => this.#roomOccupied(name, isOccupied), failed: () => this.#roomFailed(name) },
    });
    if (!this.#isClosed) return handle;
    await handle.close('server_closing');
    throw new AppError('server_closing');
  }

  /** With as many rooms as there may be a spare would serve nobody. */
  #refillSpare(): void {
    if (this.#slots.size < this.#options.maxRooms) this.#spare.refill();
  }

  #roomOccupied(name: string, isOccupied: boolean): void {
    const slot = this.#slots.get(name);
    if (slot === undefined) return;
    slot.cancelClose?.();
    slot.cancelClose = undefined;
    if (isOccupied) return;
    this.#closeLater(name, slot, this.#waitFor(slot));
  }

  /** Whose offer or name was refused leaves no room behind that he never was in, and takes nothing from the time of one that waits for others. */
  #waitFor({ isForJoiner, unusedUntilMs, handle }: Slot): number {
    const { time, emptyTimeoutMs } = this.#options;
    if (handle?.isWanted !== false) return emptyTimeoutMs;
    return isForJoiner ? 0 : Math.max(0, unusedUntilMs - time.nowMs());
  }

  #closeLater(name: string, slot: Slot, delayMs: number): void {
    slot.cancelClose = this.#options.time.after(delayMs, () => {
      if (slot.handle !== undefined && this.#slots.get(name) === slot) void this.#closeRoom(slot.handle, 'room_closed');
    });
  }

  async #closeRoom(handle: RoomHandle, reason: string): Promise<void> {
    // Out of the list first: whoever comes now gets a new room of the name, not the dying one.
    const slot = this.#slots.get(handle.name);
    if (slot?.handle === handle) {
      slot.cancelClose?.();
      this.#slots.delete(handle.name);
    }
    await handle.close(reason);
    this.#refillSpare();
  }

  #roomFailed(name: string): void {
    const slot = this.#slots.get(name);
    if (slot?.handle === undefined) return;
    const { chosenLayout: layout, options } = slot.handle;
    slot.cancelClose?.();
    this.#slots.delete(name);
    const { time, emptyTimeoutMs } = this.#options;
    const cancelForget = time.after(Math.max(emptyTimeoutMs, shortestComebackMs), () => this.#failed.delete(name));
    this.#failed.set(name, { choices: { createdAt: options.createdAt, layout, video: options.video, audio: options.audio }, cancelForget });
    this.#refillSpare();
  }
}
