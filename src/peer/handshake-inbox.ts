/**
 * What werift gets to see of the clear handshake: whole messages, each type once, in their order (RFC 6347 4.2.2 to 4.2.4).
 *
 * werift acts on every message that comes but keeps only the first of each type for the transcript, so somebody on the path could have the true client's
 * messages signed and his own key exchange used; it puts fragments together with holes; and it mixes up the session hash when messages overtake each other.
 * Here the first bytes of a message are the only ones. Of exact repetitions go on those that ask werift to send its own last flight again; a second
 * ClientKeyExchange would make it derive the master secret anew, from a transcript that has grown since.
 */
import { handshakeTypes, hasCookie, splitHandshake, writeClearHandshake, type HandshakeFragment } from './dtls-records.js';

/** A certificate chain; werift's own whole flight has under 1 kB. */
const maxMessageBytes = 32 * 1024;
/** Every flight sent ten times stays below. */
const maxTotalBytes = 256 * 1024;
/** The longest flight has five messages. */
const maxAhead = 8;

interface Message {
  readonly type: number;
  readonly sequence: number;
  readonly body: Buffer;
  /** Bytes of `body` that have come, from the front. */
  filled: number;
}

export class HandshakeInbox {
  /** Fragments refused: malformed, contradicting what came first, out of place, or too much. */
  droppedCount = 0;
  readonly #isServer: boolean;
  readonly #messages = new Map<number, Message>();
  readonly #sequenceByType = new Map<number, number>();
  #nextSequence = 0;
  #byteCount = 0;

  constructor(role: 'server' | 'client') {
    this.#isServer = role === 'server';
  }

  /** No honest handshake comes here: give up on this peer. */
  get isExhausted(): boolean {
    return this.#byteCount > maxTotalBytes;
  }

  /**
   * @param fragment what a handshake record of epoch 0 holds.
   * @returns the records to hand on, each with one whole message.
   */
  take(fragment: Buffer): Buffer[] {
    this.#byteCount += fragment.length;
    const pieces = this.isExhausted ? undefined : splitHandshake(fragment);
    if (pieces === undefined) this.droppedCount++;
    return (pieces ?? []).flatMap((piece) => this.#takePiece(piece));
  }

  #takePiece(piece: HandshakeFragment): Buffer[] {
    const message = this.#messages.get(piece.sequence) ?? this.#addMessage(piece);
    const end = piece.offset + piece.body.length;
    if (message?.type !== piece.type || message.body.length !== piece.messageLength || piece.offset > message.filled) {
      this.droppedCount++;
      return [];
    }
    const isNew = end > message.filled || piece.sequence >= this.#nextSequence;
    const alreadyThere = message.body.subarray(piece.offset, Math.min(end, message.filled));
    if (!alreadyThere.equals(piece.body.subarray(0, alreadyThere.length))) {
      this.droppedCount++;
      return [];
    }
    if (!isNew) return end === message.body.length ? this.#repeat(message) : [];
    message.body.set(piece.body, piece.offset);
    message.filled = Math.max(message.filled, end);
    return this.#takeReady();
  }

  #addMessage(piece: HandshakeFragment): Message | undefined {
    const { type, sequence, messageLength } = piece;
    if (sequence < this.#nextSequence || sequence > this.#nextSequence + maxAhead || messageLength > maxMessageBytes) return undefined;
    // Finished is worth something only when it is encrypted; werift would take it in clear too.
    if (type === handshakeTypes.finished) return undefined;
    const isSecondHello = this.#isServer && type === handshakeTypes.clientHello && sequence === 1;
    if (this.#sequenceByType.has(type) && !isSecondHello) return undefined;
    const message: Message = { type, sequence, body: Buffer.alloc(messageLength), filled: 0 };
    this.#messages.set(sequence, message);
    this.#sequenceByType.set(type, sequence);
    return message;
  }

  #takeReady(): Buffer[] {
    const records: Buffer[] = [];
    for (;;) {
      const message = this.#messages.get(this.#nextSequence);
      if (message === undefined || message.filled < message.body.length) return records;
      this.#nextSequence++;
      records.push(writeClearHandshake(message.type, message.sequence, message.body));
    }
  }

  #repeat(message: Message): Buffer[] {
    const isLastOfFlight = message.type === handshakeTypes.clientHello || message.type === handshakeTypes.serverHelloDone;
    // A ClientHello without cookie that comes after the one with it would make werift's server throw away the keys it has already sent.
    const isOutdated = message.type === handshakeTypes.clientHello && !hasCookie(message.body) && this.#nextSequence > 1;
    return isLastOfFlight && !isOutdated ? [writeClearHandshake(message.type, message.sequence, message.body)] : [];
  }
}
