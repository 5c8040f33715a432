/** Many clients of one room at once: publishers, listeners, or full participants who are both. One that fails is counted with its reason; the others stay. */
import type { ClientKit } from './client-kit.js';
import { FullParticipant } from './full-participant.js';
import { personAt, pictureFormat, pictureSizes, preparedPeople, type PictureCodec } from './media-recipes.js';
import type { PreparedPicture, PreparedSound } from './prepared-media.js';
import { WhepListener, type ListenerStats } from './whep-listener.js';
import { WhipPublisher, type PublisherStats } from './whip-publisher.js';

export interface CrowdOptions {
  readonly kit: ClientKit;
  readonly url: URL;
  readonly room: string;
  readonly codec: PictureCodec;
  readonly publishers: number;
  /** How many of the publishers speak; the others' microphones are on and silent. */
  readonly speakers: number;
  readonly listeners: number;
  /** Publishers take their own mix too. */
  readonly isFull: boolean;
  /** Publishers come in as the page does, with a camera of the largest size, and send what the server asks for. */
  readonly isPage: boolean;
  /** Publishers over WHIP send the largest size, whatever is asked for. */
  readonly isLarge: boolean;
}

export type CrowdGroup = 'publishing' | 'taking' | 'listening';

/** One side of one client. */
export interface CrowdMember {
  readonly group: CrowdGroup;
  readonly name: string;
  readonly publisher: PublisherStats | undefined;
  readonly listener: ListenerStats | undefined;
  /** Why it has no connection (any more); undefined while it has. */
  readonly failure: string | undefined;
}

interface Place {
  readonly name: string;
  readonly groups: readonly CrowdGroup[];
  client: WhipPublisher | WhepListener | FullParticipant | undefined;
  failure: string | undefined;
}

/** Handshakes under way at a time: more would only wait for each other on a server with few cores. */
const joinersAtOnce = 4;
/** Pictures that differ; more files would take longer to make and make no other load. */
const distinctPictures = 4;
/** No two clients at the same place of a loop: the golden ratio spreads any number of them evenly. */
const loopStep = 0.618;

export class Crowd {
  readonly #options: CrowdOptions;
  readonly #places: Place[] = [];

  constructor(options: CrowdOptions) {
    this.#options = options;
    const { publishers, listeners, isFull } = options;
    for (let i = 0; i < publishers; i++) this.#places.push({ name: nameOf(i), groups: isFull ? ['publishing', 'taking'] : ['publishing'], client: undefined, failure: undefined });
    for (let i = 0; i < listeners; i++) this.#places.push({ name: `Listener ${i + 1}`, groups: ['listening'], client: undefined, failure: undefined });
  }

  /** Makes what it will send, so that making it does not disturb what is measured. */
  async prepare(): Promise<void> {
    const { publishers } = this.#options;
    for (let i = 0; i < Math.min(publishers, distinctPictures); i++) await this.#mediaOf(i);
    if (publishers > 0) await this.#mediaOf(publishers - 1);
  }

  /** Resolves when everyone has joined or failed; publishers go first, for nobody can listen to a room that is not there. */
  async join(): Promise<void> {
    const waiting = [...this.#places.entries()];
    const joinNext = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await this.#join(...next);
    };
    // The first makes the room.
    const [first] = this.#options.publishers > 0 ? waiting.splice(0, 1) : [];
    if (first !== undefined) await this.#join(...first);
    await Promise.all(Array.from({ length: joinersAtOnce }, joinNext));
  }

  get members(): readonly CrowdMember[] {
    return this.#places.flatMap(({ name, groups, client, failure }) =>
      groups.map((group) => {
        const publisher = client instanceof FullParticipant ? client.publisher : client instanceof WhipPublisher ? client : undefined;
        const listener = client instanceof FullParticipant ? client.listener : client instanceof WhepListener ? client : undefined;
        return { group, name, failure, publisher: group === 'publishing' ? publisher?.stats : undefined, listener: group === 'publishing' ? undefined : listener?.stats };
      }),
    );
  }

  /** Idempotent. */
  async close(): Promise<void> {
    await Promise.all(this.#places.flatMap(({ client }) => (client === undefined ? [] : [client.close()])));
  }

  async #join(index: number, place: Place): Promise<void> {
    const onLost = (reason: string): void => {
      place.failure ??= `the connection ended: ${reason}`;
    };
    try {
      place.client = await this.#open(index, place, onLost);
    } catch (error) {
      place.failure = error instanceof Error ? error.message : String(error);
    }
  }

  async #open(index: number, { name, groups }: Place, onLost: (reason: string) => void): Promise<WhipPublisher | WhepListener | FullParticipant> {
    const { kit, url, room, codec, isFull, isPage } = this.#options;
    if (groups[0] === 'listening') return WhepListener.join({ kit, url, room, codec, onLost });
    const { pictures, sound } = await this.#mediaOf(index);
    const common = { kit, url, room, name, sound, loopStart: (index * loopStep) % 1, onLost };
    if (isPage) return WhipPublisher.joinAsPage({ ...common, pictures });
    const [picture] = pictures;
    if (picture === undefined) throw new Error('a person has a picture');
    const options = { ...common, picture };
    return isFull ? FullParticipant.join(options) : WhipPublisher.join(options);
  }

  async #mediaOf(index: number): Promise<{ readonly pictures: readonly PreparedPicture[]; readonly sound: PreparedSound }> {
    const { kit, codec, speakers, isPage, isLarge } = this.#options;
    const sizes = isPage ? pictureSizes : isLarge ? pictureSizes.slice(0, 1) : [pictureFormat];
    const [pictures, sound] = await Promise.all([
      Promise.all(sizes.map((size) => kit.media.picture(codec, index % distinctPictures, size))),
      kit.media.sound(index < speakers ? index % preparedPeople.length : 'silent'),
    ]);
    return { pictures, sound };
  }
}

/** After what he looks like, so that a picture of the room can be read. */
function nameOf(index: number): string {
  return `${personAt(index % distinctPictures).name} ${index + 1}`;
}

