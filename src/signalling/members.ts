/** Everybody who came over a WebSocket, with one or, for a while, without; by their ids. */
import { AppError } from '../errors.js';
import type { RoomHandle } from '../rooms/room-handle.js';
import type { Time } from '../time.js';
import { EndedMembers, type EndedMember } from './ended-members.js';
import { Member, type MemberSocket } from './member.js';
import { isSecret } from './secret.js';

export interface MembersOptions {
  /** Who has lost his socket counts as well: dropping sockets must not be a way to hold more places than sockets can. */
  readonly maxMembers: number;
  readonly graceMs: number;
  readonly time: Time;
}

export class Members {
  /** How long somebody stays without a socket. */
  readonly graceMs: number;
  readonly #options: MembersOptions;
  readonly #byId = new Map<string, Member>();
  readonly #ended: EndedMembers;

  constructor(options: MembersOptions) {
    const { maxMembers, graceMs, time } = options;
    this.graceMs = graceMs;
    this.#options = options;
    // A page that notices its loss late has the whole grace from then on.
    this.#ended = new EndedMembers({ maxMembers, keptMs: 2 * graceMs, time });
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
      events: { onEntered: (member) => this.#byId.set(member.id, member), onEnded: (member, reason) => this.#remove(member, reason) },
    });
  }

  /** Whoever may be resumed with this, or was ended lately. @throws {AppError} session_not_found, wrong_secret */
  find(roomName: string, id: string, secret: string): Member | EndedMember {
    const found = this.#byId.get(id) ?? this.#ended.get(id);
    if (found?.roomName !== roomName) throw new AppError('session_not_found');
    if (!isSecret(secret, found.secret)) throw new AppError('wrong_secret');
    return found;
  }

  #remove({ id, roomName, secret }: Member, reason: string | undefined): void {
    this.#byId.delete(id);
    if (reason !== undefined) this.#ended.add(id, { roomName, secret, endReason: reason });
  }
}
