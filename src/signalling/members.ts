/** Everybody who came over a WebSocket, with one or, for a while, without; by their ids. */
import { AppError } from '../errors.js';
import type { RoomHandle } from '../rooms/room-handle.js';
import type { Time } from '../time.js';
import { Member, type MemberSocket } from './member.js';

export interface MembersOptions {
  /** Who has lost his socket counts as well: dropping sockets must not be a way to hold more places than sockets can. */
  readonly maxMembers: number;
  readonly graceMs: number;
  readonly time: Time;
}

export class Members {
  readonly #options: MembersOptions;
  readonly #byId = new Map<string, Member>();

  constructor(options: MembersOptions) {
    this.#options = options;
  }

  /** One who is about to join. @throws {AppError} too_many_sockets */
  create(room: RoomHandle, socket: MemberSocket): Member {
    const { maxMembers, graceMs, time } = this.#options;
    if (this.#byId.size >= maxMembers) throw new AppError('too_many_sockets');
    return new Member({
      room,
      socket,
      graceMs,
      time,
      events: { onEntered: (member) => this.#byId.set(member.id, member), onEnded: ({ id }) => this.#byId.delete(id) },
    });
  }

  /** Whoever may be resumed with this. @throws {AppError} session_not_found, wrong_secret */
  find(roomName: string, id: string, secret: string): Member {
    const member = this.#byId.get(id);
    if (member?.room.name !== roomName) throw new AppError('session_not_found');
    if (!member.hasSecret(secret)) throw new AppError('wrong_secret');
    return member;
  }
}
