import { expect } from 'chai';
import type { ParticipantKind } from '../../../src/rooms/protocol.js';
import { Participant } from '../../../src/room/participant.js';
import { SpeakerOrder } from '../../../src/room/speaker-order.js';
import { ManualRoomClock, OpenSession, opusType, rtpDatagram, vp8Type } from './room-rig.js';
import { buildGoodbye } from '../../../src/rtp/rtcp/build-rtcp.js';
import { newVoice, plainVoice } from '../../support/voices.js';

describe('Participant', () => {
  let clock: ManualRoomClock;
  let open: OpenSession;
  let speakers: SpeakerOrder;

  beforeEach(async () => {
    clock = new ManualRoomClock();
    clock.advance(10_000_000);
    open = await OpenSession.create({ id: 'ann', participantId: 'ann', isPublishing: true, clock });
    speakers = new SpeakerOrder({ clock });
    speakers.add('ann');
  });

  function create(kind: ParticipantKind): Participant {
    return new Participant({ id: 'ann', name: 'Ann', kind, joinedAt: '2026-01-01T00:00:10.000Z', csrc: 0, session: open.session, voice: newVoice() });
  }

  function arrive(payloadType: number, payload = Uint8Array.of(0x78, 1)): void {
    open.peer.events.onRtp(rtpDatagram({ ssrc: payloadType, payloadType, sequenceNumber: 1, timestamp: 1 }, payload), clock.nowUs());
  }

  it('has everything off until he says so, and notices what changes', () => {
    const ann = create('browser');
    expect(ann.media).to.deep.equal({ audio: false, video: false, screen: false });
    expect(ann.setMedia({ audio: true, video: false, screen: false })).to.equal(true);
    expect(ann.setMedia({ audio: true, video: false, screen: false })).to.equal(false);
    expect(ann.setMedia({ audio: true, video: false, screen: true })).to.equal(true);
    expect(ann.describe(speakers)).to.deep.equal({ id: 'ann', name: 'Ann', kind: 'browser', audio: true, video: false, screen: true, speaking: false, connection: 'connected', csrc: 0, joinedAt: '2026-01-01T00:00:10.000Z', ...plainVoice });
  });

  it('is described with his connection: on its way, there, silent, there again', () => {
    const ann = create('browser');
    const connection = (): unknown => ann.describe(speakers).connection;
    const states = [connection()];
    for (const happen of [() => open.peer.events.onConnected(), () => open.peer.events.onDisconnected?.(), () => open.peer.events.onReconnected?.()]) {
      happen();
      states.push(connection());
    }
    expect(states).to.deep.equal(['connected', 'connected', 'disconnected', 'connected']);
    expect(open.told).to.deep.equal(['connected', 'connection changed', 'connection changed']);
    expect(open.session.stats()).to.include({ state: 'connected' });
  });

  it('takes the word of a browser, whatever arrives', () => {
    const ann = create('browser');
    arrive(opusType);
    expect(ann.observeMedia(clock.nowUs())).to.equal(false);
    expect(ann.media.audio).to.equal(false);
  });

  it('has of a WHIP client on what has arrived within 2 s', () => {
    const ann = create('whip');
    expect(ann.observeMedia(clock.nowUs())).to.equal(false);
    arrive(opusType);
    expect(ann.observeMedia(clock.nowUs())).to.equal(true);
    expect(ann.media).to.deep.equal({ audio: true, video: false, screen: false });
    clock.advance(1_000_000);
    arrive(vp8Type);
    expect(ann.observeMedia(clock.nowUs())).to.equal(true);
    expect(ann.media).to.deep.equal({ audio: true, video: true, screen: false });
    clock.advance(999_999);
    expect(ann.observeMedia(clock.nowUs())).to.equal(false);
    clock.advance(1);
    expect(ann.observeMedia(clock.nowUs())).to.equal(true);
    expect(ann.media).to.deep.equal({ audio: false, video: true, screen: false });
  });

  it('has nothing on of a WHIP client that said goodbye, without waiting for silence', () => {
    const ann = create('whip');
    arrive(opusType);
    arrive(vp8Type);
    ann.observeMedia(clock.nowUs());
    open.peer.events.onRtcp(buildGoodbye({ ssrcs: [vp8Type], reason: undefined }), clock.nowUs());
    expect(ann.observeMedia(clock.nowUs())).to.equal(true);
    expect(ann.media).to.deep.equal({ audio: true, video: false, screen: false });
  });

  it('takes padding for no picture', () => {
    const ann = create('whip');
    arrive(vp8Type, new Uint8Array(0));
    expect(ann.observeMedia(clock.nowUs())).to.equal(false);
  });

  it('sits with the shapes of his pictures and the state of his voice', () => {
    const ann = create('browser');
    ann.setPictureSize('camera', 360, 640);
    ann.setPictureSize('screen', 1920, 1080);
    expect(ann.seat(speakers)).to.deep.include({ cameraAspectRatio: 0.5625, screenAspectRatio: 16 / 9, speaking: false, lastShownUs: Number.NEGATIVE_INFINITY });
    for (let packet = 0; packet < 50; packet += 1) {
      clock.advance(20_000);
      speakers.takeLevel('ann', -20);
    }
    speakers.update();
    expect(ann.seat(speakers)).to.include({ speaking: true, lastShownUs: 11_000_000 });
    expect(ann.describe(speakers).speaking).to.equal(true);
  });
});
