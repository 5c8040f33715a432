import { expect } from 'chai';
import { loadLayouts } from '../../../layouts/load-layouts.js';
import { ManualClock } from '../../../mixer/index.js';
import { Participant, type MediaState } from '../../../src/room/participant.js';
import { SpeakerOrder } from '../../../src/room/speaker-order.js';
import { Stage } from '../../../src/room/stage.js';
import { UpstreamNeeds } from '../../../src/room/upstream-needs.js';
import { CommandList, OpenSession } from './room-rig.js';
import { newVoice } from '../../support/voices.js';

const canvas = { widthPx: 1280, heightPx: 720, fps: 30 };
const lastingUs = 2_000_000;

describe('UpstreamNeeds', () => {
  let stage: Stage;
  let needs: UpstreamNeeds;
  let people: Participant[];
  let nowUs: number;
  /** `ann camera 640x360`, or `ann camera nothing`. */
  let told: string[];

  async function create(id: string): Promise<Participant> {
    const { session } = await OpenSession.create({ id, participantId: id, isPublishing: true });
    const participant = new Participant({ id, name: id, kind: 'browser', joinedAt: '', csrc: 0, session, voice: newVoice() });
    participant.setMedia({ audio: true, video: true, screen: false });
    return participant;
  }

  async function enter(...ids: string[]): Promise<void> {
    for (const id of ids) people.push(await create(id));
  }

  /** What was told by this. */
  function follow(afterUs = 0): string[] {
    nowUs += afterUs;
    told = [];
    stage.show(people);
    needs.follow(stage.scene, people, nowUs);
    return told;
  }

  function share(participant: Participant | undefined, screen: boolean): void {
    const media: MediaState = { ...participant!.media, screen };
    participant!.setMedia(media);
  }

  beforeEach(() => {
    people = [];
    nowUs = 0;
    told = [];
    stage = new Stage({ layouts: loadLayouts(), layout: 'grid', canvas, mixer: new CommandList(), speakers: new SpeakerOrder({ clock: new ManualClock() }) });
    needs = new UpstreamNeeds({
      fps: canvas.fps,
      onNeed: ({ id }, source, need) => told.push(`${id} ${source} ${need === undefined ? 'nothing' : `${need.widthPx}x${need.heightPx}`}`),
    });
  });

  it('tells each newcomer what his tile shows, once', async () => {
    await enter('ann');
    expect(follow()).to.deep.equal(['ann camera 1280x720']);
    expect(follow(lastingUs)).to.deep.equal([]);
  });

  it('asks for less when that has lasted 2 s, for more at once', async () => {
    await enter('ann');
    follow();
    await enter('ben');
    expect(follow(1)).to.deep.equal(['ben camera 640x360']);
    expect(follow(lastingUs - 1)).to.deep.equal([]);
    expect(follow(1)).to.deep.equal(['ann camera 640x360']);
    people.pop();
    expect(follow(1)).to.deep.equal(['ann camera 1280x720']);
  });

  it('asks for what is enough by then, not for what was when it began to be less', async () => {
    await enter('ann');
    follow();
    await enter('ben');
    follow(1);
    await enter('eve', 'max', 'zoe');
    follow(1_000_000);
    expect(follow(1_000_000)).to.deep.equal(['ann camera 426x240']);
  });

  it('begins to wait anew when what there was had been needed once more', async () => {
    await enter('ann', 'ben');
    follow();
    stage.setLayout('single');
    follow(1);
    stage.setLayout('grid');
    follow(lastingUs / 2);
    stage.setLayout('single');
    expect(follow(lastingUs / 2)).to.deep.equal([]);
    expect(follow(lastingUs - 1)).to.deep.equal([]);
    expect(follow(1)).to.deep.equal(['ben camera nothing']);
  });

  it('asks for nothing of whom no tile shows, and at once when one does again', async () => {
    await enter('ann', 'ben');
    follow();
    stage.setLayout('single');
    expect(follow(1)).to.deep.equal(['ann camera 1280x720']);
    expect(follow(lastingUs)).to.deep.equal(['ben camera nothing']);
    stage.setLayout('grid');
    expect(follow(1)).to.deep.equal(['ben camera 640x360']);
  });

  it('leaves a camera alone that is off: its tile stays, and is as large when it comes on', async () => {
    await enter('ann');
    follow();
    people[0]?.setMedia({ audio: true, video: false, screen: false });
    expect(follow(lastingUs * 2)).to.deep.equal([]);
  });

  it('says something of a screen while it is shared, once that it is needed no more, and anew when it comes again', async () => {
    await enter('ann', 'ben');
    follow();
    share(people[1], true);
    expect(follow(1)).to.deep.equal(['ben screen 1088x720']);
    share(people[1], false);
    expect(follow(1)).to.deep.equal(['ben screen nothing']);
    expect(follow(lastingUs)).to.deep.equal([]);
    share(people[1], true);
    expect(follow(1)).to.deep.equal(['ben screen 1088x720']);
  });

  it('follows the shape of what arrives, and not its rounding', async () => {
    await enter('ann', 'ben');
    follow();
    people[0]?.setPictureSize('camera', 640, 360);
    follow(1);
    people[0]?.setPictureSize('camera', 426, 240);
    expect([...follow(1), ...follow(lastingUs)]).to.deep.equal([]);
    // Upright, it is seen whole between bars.
    people[0]?.setPictureSize('camera', 360, 640);
    expect([...follow(1), ...follow(lastingUs)]).to.deep.equal(['ann camera 204x360']);
  });

  it('forgets who has left: the same id would be somebody new', async () => {
    await enter('ann');
    follow();
    people = [];
    follow();
    await enter('ann');
    expect(follow()).to.deep.equal(['ann camera 1280x720']);
  });
});
