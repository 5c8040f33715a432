/**
 * How loud a microphone's room is while nobody speaks: the smallest of what stayed below for 100 ms, within the last 5 to 10 s. Pure.
 * A pause of a tenth of a second stands in every sentence, so a voice that goes on does not pass for noise, and a fan that was switched on does after that time.
 */

/** Frames of a block: a single packet that is quieter, or lost, says nothing of the room. */
const blockFrames = 5;
/** 5 s: sentences without a pause of 100 ms are shorter. */
const windowBlocks = 50;
/** Where it begins: a usual room through a usual microphone. */
const firstDbov = -60;
/** Quieter rooms are all the same: what stands far above their silence is still a whisper, or somebody else's echo. */
const leastDbov = -60;
/** Louder than any room: music, or a tone, that goes on without a pause is still somebody's. */
const mostDbov = -40;
/** A muted track (RFC 6464 3): digital silence is no room's noise. */
const digitalSilenceDbov = -127;

export class NoiseFloor {
  #levelDbov = firstDbov;
  #loudestOfBlock = digitalSilenceDbov;
  #framesInBlock = 0;
  #quietestBlock = 0;
  #blocksInWindow = 0;

  get levelDbov(): number {
    return this.#levelDbov;
  }

  /** @param frames of 20 ms that the level speaks for: clients send packets of up to 120 ms, and levels that are measured come each 100 */
  takeLevel(levelDbov: number, frames = 1): void {
    if (levelDbov <= digitalSilenceDbov) return;
    if (levelDbov > this.#loudestOfBlock) this.#loudestOfBlock = levelDbov;
    this.#framesInBlock += frames;
    if (this.#framesInBlock >= blockFrames) this.#endBlock(Math.max(leastDbov, Math.min(mostDbov, this.#loudestOfBlock)));
  }

  /** Down at once, up only when the whole window was louder. */
  #endBlock(blockDbov: number): void {
    this.#framesInBlock = 0;
    this.#loudestOfBlock = digitalSilenceDbov;
    if (blockDbov < this.#levelDbov) this.#levelDbov = blockDbov;
    if (blockDbov < this.#quietestBlock) this.#quietestBlock = blockDbov;
    this.#blocksInWindow += 1;
    if (this.#blocksInWindow < windowBlocks) return;
    this.#levelDbov = this.#quietestBlock;
    this.#quietestBlock = 0;
    this.#blocksInWindow = 0;
  }
}
