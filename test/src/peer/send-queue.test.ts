import { expect } from 'chai';
import { maxSendQueueBytes, SendQueue } from '../../../src/peer/send-queue.js';

const packetBytes = 1_200;

describe('SendQueue', () => {
  let waitingBytes: number;
  let looks: number;
  let queue: SendQueue;

  beforeEach(() => {
    waitingBytes = 0;
    looks = 0;
    queue = new SendQueue({ getSendQueueSize: () => ((looks += 1), waitingBytes) });
  });

  it('looks once in fifty packets while the kernel takes them', () => {
    const admitted = Array.from({ length: 1_000 }, () => queue.admits(packetBytes));
    expect(admitted).to.not.include(false);
    expect(looks).to.be.within(15, 20);
  });

  it('admits nothing as soon as it has seen too much wait, and everything when that has gone', () => {
    // The kernel takes nothing: all that is admitted waits.
    let most = 0;
    for (let packet = 0; packet < 20_000; packet += 1) {
      if (queue.admits(packetBytes)) waitingBytes += packetBytes;
      most = Math.max(most, waitingBytes);
    }
    expect(most).to.be.within(maxSendQueueBytes, maxSendQueueBytes + 64 * 1024 + packetBytes);
    waitingBytes = maxSendQueueBytes;
    expect(queue.admits(packetBytes)).to.equal(true);
  });
});
