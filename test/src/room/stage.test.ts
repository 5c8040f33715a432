import { expect } from 'chai';
import { loadLayouts } from '../../../layouts/load-layouts.js';
import { ManualClock } from '../../../mixer/index.js';
import { Participant, type MediaState } from '../../../src/room/participant.js';
import { SpeakerOrder } from '../../../src/room/speaker-order.js';
import { Stage } from '../../../src/room/stage.js';
import { CommandList, OpenSession } from './room-rig.js';
import { newVoice } from '../../support/voices.js';

const canvas = { widthPx: 1280, heightPx: 720, fps: 30 };

describe('Stage', () => {
  let clock: ManualClock;
  let mixer: CommandList;
  let speakers: SpeakerOrder;
  let stage: Stage;
  let ann: Participant;
  let ben: Participant;

  async function enter(id: string): Promise<Participant> {
    const { session } = await OpenSession.create({ id, participantId: id, isPublishing: true });
    speakers.add(id);
    const participant = new Participant({ id, name: id, kind: 'browser', joinedAt: '', csrc: 0, session, voice: newVoice() });
    participant.setMedia({ audio: true, video: true, screen: false });
    return participant;
  }

  function share(participant: Participant, screen: boolean): void {
    const media: MediaState = { ...participant.media, screen };
    participant.setMedia(media);
    stage.show([ann, ben]);
  }

  /** Who is on the canvas now, as the mixer was told last. */
  function shown(): string[] {
    return mixer.of('setScene').at(-1)?.scene.tiles.map(({ participantId, source }) => `${participantId} ${source}`) ?? [];
  }

  beforeEach(async () => {
    clock = new ManualClock();
    mixer = new CommandList();
    speakers = new SpeakerOrder({ clock });
    stage = new Stage({ layouts: loadLayouts(), layout: 'grid', canvas, mixer, speakers });
    ann = await enter('ann');
    ben = await enter('ben');
  });

  it('puts the people of now onto the canvas, and does not say the same twice', () => {
    stage.show([ann, ben]);
    stage.show([ann, ben]);
    expect(mixer.of('setScene').length).to.equal(1);
    expect(shown()).to.deep.equal(['ann camera', 'ben camera']);
    stage.show([ben]);
    expect(shown()).to.deep.equal(['ben camera']);
    stage.show([]);
    expect(mixer.of('setScene').at(-1)?.scene).to.deep.equal({ tiles: [] });
  });

  it('draws anew when a camera goes off, a picture turns upright, or somebody speaks', () => {
    stage.show([ann, ben]);
    ann.setMedia({ audio: true, video: false, screen: false });
    stage.show([ann, ben]);
    ben.setPictureSize('camera', 360, 640);
    stage.show([ann, ben]);
    for (let packet = 0; packet < 50; packet += 1) {
      clock.advance(20_000);
      speakers.takeLevel('ben', -20);
    }
    speakers.update();
    stage.show([ann, ben]);
    expect(mixer.of('setScene').map(({ scene: { tiles } }) => [tiles[0]?.live, tiles[1]?.fit, tiles[1]?.speaking])).to.deep.equal([
      [true, 'cover', false],
      [false, 'cover', false],
      [false, 'letterbox', false],
      [false, 'letterbox', true],
    ]);
  });

  it('shows a shared screen in `presentation`, and puts back what was there', () => {
    stage.setLayout('speaker');
    share(ben, true);
    expect(stage.layout).to.equal('presentation');
    expect(shown()).to.deep.equal(['ben screen', 'ann camera', 'ben camera']);
    share(ben, false);
    expect(stage.layout).to.equal('speaker');
    expect(shown()).to.deep.equal(['ann camera', 'ben camera']);
  });

  it('stays in `presentation` until the last screen is gone', () => {
    share(ben, true);
    share(ann, true);
    share(ben, false);
    expect(stage.layout).to.equal('presentation');
    share(ann, false);
    expect(stage.layout).to.equal('grid');
  });

  it('puts back what was there when the one who shared leaves', () => {
    share(ben, true);
    stage.show([ann]);
    expect(stage.layout).to.equal('grid');
  });

  it('keeps a layout that was chosen while a screen was shared, also after it', () => {
    share(ben, true);
    stage.setLayout('single');
    stage.show([ann, ben]);
    expect(shown()).to.deep.equal(['ben screen']);
    share(ben, false);
    expect(stage.layout).to.equal('single');
    share(ann, true);
    expect(stage.layout, 'a new share is a new occasion').to.equal('presentation');
    share(ann, false);
    expect(stage.layout).to.equal('single');
  });

  it('knows layouts by their other names, and refuses what is none without a change', () => {
    stage.setLayout('active-speaker');
    expect(stage.layout).to.equal('speaker');
    expect(() => stage.setLayout('sofa')).to.throw().with.property('code', 'unknown_layout');
    expect(stage.layout).to.equal('speaker');
  });
});
