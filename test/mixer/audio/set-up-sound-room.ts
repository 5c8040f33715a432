import { expect } from 'chai';
import { liveNativeObjects } from '../../../mixer/ffmpeg/native-ledger.js';
import { SoundRoom } from './speaker.js';

/** A room of its own for each test, which leaves no native object behind. @param give gets it */
export function setUpSoundRoom(give: (room: SoundRoom) => void): void {
  let room: SoundRoom;
  let before: number;

  beforeEach(async () => {
    before = liveNativeObjects();
    room = await SoundRoom.create();
    give(room);
  });

  afterEach(async () => {
    await room.close();
    expect(liveNativeObjects(), 'native objects after close').to.equal(before);
  });
}
