/** A publisher and a listener of his own mix: what any two standard clients, one WHIP and one WHEP, make together. */
import { WhepListener } from './whep-listener.js';
import { WhipPublisher, type WhipPublisherOptions } from './whip-publisher.js';

export class FullParticipant {
  readonly publisher: WhipPublisher;
  readonly listener: WhepListener;

  private constructor(publisher: WhipPublisher, listener: WhepListener) {
    this.publisher = publisher;
    this.listener = listener;
  }

  /** @throws {Error} when the server refuses one of the two; then neither stays. */
  static async join(options: WhipPublisherOptions): Promise<FullParticipant> {
    const publisher = await WhipPublisher.join(options);
    try {
      const { participantId } = publisher;
      if (participantId === undefined) throw new Error('the server does not tell who the publisher is (response header Tessera-Participant)');
      const { kit, url, room, picture, onLost } = options;
      return new FullParticipant(publisher, await WhepListener.join({ kit, url, room, codec: picture.codec, participantId, ...(onLost === undefined ? {} : { onLost }) }));
    } catch (error) {
      await publisher.close();
      throw error;
    }
  }

  /** Idempotent. */
  async close(): Promise<void> {
    await this.listener.close();
    await this.publisher.close();
  }
}
