import { expect } from 'chai';
import type { EncodedAudio } from '../../../mixer/index.js';
import { RoomOutputs } from '../../../src/room/room-outputs.js';
import { csrcsOf } from '../../support/csrcs-of.js';
import { vp8Frame } from '../../support/video-frames.js';
import { audioLine, CommandList, mustParseRtp, OpenSession, videoLine } from './room-rig.js';

const canvas = { widthPx: 640, heightPx: 360, fps: 30 };
const small = { widthPx: 320, heightPx: 180, fps: 15 };
const tiers = [{ format: canvas, bitrateBps: 700_000 }, { format: small, bitrateBps: 100_000 }];
const [best, lower] = ['vp8-640x360@30-700000', 'vp8-320x180@15-100000'] as const;
const h264Only = videoLine({ codecs: videoLine().codecs.filter(({ name }) => name === 'h264') });

function tick(changes: Partial<EncodedAudio> = {}): EncodedAudio {
  return { ptsUs: 20_000, heard: [], mix: undefined, participantIds: [], streams: [], ...changes };
}

/** Opus packets of one byte, by which they are told apart. */
function sound(byte: number): Uint8Array {
  return Uint8Array.of(byte);
}

/** The payloads that this listener was sent as sound. */
function heard({ peer }: OpenSession): number[] {
  return peer.rtp.map(mustParseRtp).flatMap(({ ssrc, payload }) => (ssrc === 1 ? [...payload] : []));
}

/** Of those in the room. 0 is a number, too. */
const csrcs = new Map([['ann', 0], ['ben', 0xffff_ffff], ['eve', 3]]);

describe('RoomOutputs', () => {
  let mixer: CommandList;
  let outputs: RoomOutputs;

  beforeEach(() => {
    mixer = new CommandList();
    outputs = new RoomOutputs({ mixer, tiers, csrcOf: (id) => csrcs.get(id) });
  });

  async function listen(id: string, hearsAs?: string, media = [audioLine(), videoLine()]): Promise<OpenSession> {
    const listener = await OpenSession.create({ id, participantId: hearsAs, media });
    outputs.addListener(listener.session, hearsAs);
    return listener;
  }

  describe('contributing sources', () => {
    const loudestFirst = [{ participantId: 'ben', levelDbov: -20 }, { participantId: 'ann', levelDbov: -30 }, { participantId: 'gone', levelDbov: -40 }];

    /** Those of the last packet of sound. */
    function sources({ peer }: OpenSession): number[] {
      return csrcsOf(peer.rtp.findLast((packet) => mustParseRtp(packet).ssrc === 1) ?? Buffer.alloc(12));
    }

    it('are those who are heard in the mix, the loudest first, and never the listener himself', async () => {
      const [viewer, ann, eve] = [await listen('v'), await listen('a', 'ann'), await listen('e', 'eve')];
      outputs.takeAudio(tick({ mix: sound(1), participantIds: ['ann', 'eve'], heard: loudestFirst, streams: [{ participantIds: ['ann'], heard: undefined, data: sound(2) }] }));
      expect([viewer, ann, eve].map(sources)).to.deep.equal([[0xffff_ffff, 0], [0xffff_ffff], [0xffff_ffff, 0]]);
    });

    it('are those of his own stream for who hears others than the rest', async () => {
      const eve = await listen('e', 'eve');
      outputs.takeAudio(tick({ mix: sound(1), participantIds: ['eve'], heard: loudestFirst, streams: [{ participantIds: ['eve'], heard: [{ participantId: 'ann', levelDbov: -30 }], data: sound(2) }] }));
      expect(sources(eve)).to.deep.equal([0]);
    });

    it('carry levels for who agreed to them (RFC 6465)', async () => {
      const viewer = await listen('v', undefined, [audioLine({ sentExtensionIds: { csrcAudioLevel: 5 } })]);
      outputs.takeAudio(tick({ mix: sound(1), heard: loudestFirst }));
      expect([...(viewer.peer.rtp.map(mustParseRtp).at(-1)?.extension(5) ?? [])]).to.deep.equal([20, 30]);
    });

    it('are none in a silence', async () => {
      const viewer = await listen('v');
      outputs.takeAudio(tick({ mix: sound(1) }));
      expect(sources(viewer)).to.deep.equal([]);
    });
  });

  describe('picture', () => {
    it('asks for one encode a codec, however many listen, and for a keyframe for each who comes', async () => {
      for (const id of ['a', 'b', 'c']) await listen(id);
      await listen('d', undefined, [audioLine(), h264Only]);
      expect(mixer.of('addVideoOutput').map(({ output }) => output)).to.deep.equal([
        { outputId: 'vp8-640x360@30-700000', codec: 'vp8', format: canvas, bitrateBps: 700_000 },
        { outputId: 'h264-640x360@30-700000', codec: 'h264', format: canvas, bitrateBps: 700_000 },
      ]);
      expect(mixer.of('requestKeyframe').map(({ outputId }) => outputId)).to.deep.equal(['vp8-640x360@30-700000', 'vp8-640x360@30-700000', 'vp8-640x360@30-700000', 'h264-640x360@30-700000']);
    });

    it('encodes for nobody when the last has gone, and again when one comes back', async () => {
      const [a, b] = [await listen('a'), await listen('b')];
      outputs.removeListener(a.session);
      expect(mixer.of('removeVideoOutput')).to.deep.equal([]);
      outputs.removeListener(b.session);
      expect(mixer.of('removeVideoOutput')).to.deep.equal([{ type: 'removeVideoOutput', outputId: 'vp8-640x360@30-700000' }]);
      outputs.removeListener(b.session);
      expect(mixer.of('removeVideoOutput').length, 'gone is gone').to.equal(1);
      await listen('c');
      expect(mixer.of('addVideoOutput').length).to.equal(2);
    });

    it('asks for no picture for who takes only sound', async () => {
      await listen('a', undefined, [audioLine(), videoLine({ sends: false })]);
      expect(mixer.commands.map(({ type }) => type)).to.deep.equal(['setAudioListeners']);
    });

    it('sends a frame to those of its codec, and lets a file have it beside them', async () => {
      const [a, b] = [await listen('a'), await listen('b', undefined, [audioLine(), h264Only])];
      const files: Uint8Array[] = [];
      outputs.addVideoTaker('vp8', { takeVideo: ({ data }) => files.push(data) });
      const data = vp8Frame(300, { keyframe: true });
      outputs.takeVideo({ outputId: 'vp8-640x360@30-700000', ptsUs: 40_000, keyframe: true, data });
      expect(a.peer.rtp.map(mustParseRtp).map(({ ssrc, payload }) => [ssrc, payload.length > 300])).to.deep.equal([[2, true]]);
      expect(b.peer.rtp).to.deep.equal([]);
      expect(files).to.deep.equal([data]);
    });

    it('passes a wish for a keyframe to the encode that exists', async () => {
      const { session } = await listen('a');
      mixer.clear();
      outputs.requestKeyframe(session);
      outputs.requestKeyframe((await OpenSession.create({ id: 'stranger' })).session);
      expect(mixer.commands).to.deep.equal([{ type: 'requestKeyframe', outputId: 'vp8-640x360@30-700000' }]);
    });
  });

  describe('tiers', () => {
    function frame(outputId: string, ptsUs: number, keyframe: boolean): void {
      outputs.takeVideo({ outputId, ptsUs, keyframe, data: vp8Frame(50, { keyframe }) });
    }

    /** Whether each packet of the picture was the beginning of a keyframe, by the timestamps in 90 kHz. */
    function seen({ peer }: OpenSession): number[] {
      return peer.rtp.map(mustParseRtp).flatMap(({ ssrc, timestamp }) => (ssrc === 2 ? [timestamp] : []));
    }

    /** The session says so, as its path does. */
    function change({ session }: OpenSession, tier: number, isPathFull = true): void {
      Object.defineProperty(session, 'tier', { value: tier, configurable: true });
      Object.defineProperty(session, 'isPathFull', { value: isPathFull, configurable: true });
      outputs.changeTier(session);
    }

    it('begins at a keyframe, and packetises nothing before', async () => {
      const listener = await listen('a');
      frame(best, 10_000, false);
      frame(best, 20_000, true);
      frame(best, 30_000, false);
      expect(seen(listener).length).to.equal(2);
    });

    it('lets the better picture go on until the worse one begins when there is time, and not when there is none', async () => {
      const [slow, other] = [await listen('slow'), await listen('other')];
      frame(best, 10_000, true);
      change(slow, 1);
      expect(mixer.of('addVideoOutput').at(-1)?.output).to.deep.equal({ outputId: lower, codec: 'vp8', format: small, bitrateBps: 100_000 });
      frame(best, 20_000, false);
      expect([seen(slow).length, seen(other).length], 'down is at once, and only for him').to.deep.equal([1, 2]);
      frame(lower, 20_000, false);
      expect(seen(slow).length, 'not before a keyframe').to.equal(1);
      frame(lower, 30_000, true);
      frame(lower, 60_000, false);
      expect(seen(slow).length).to.equal(3);
      change(slow, 0);
      frame(lower, 90_000, false);
      frame(best, 100_000, false);
      expect(seen(slow).length, 'up waits for a keyframe with what he has').to.equal(4);
      frame(best, 110_000, true);
      frame(best, 140_000, false);
      expect(seen(slow).length).to.equal(6);
      expect(mixer.of('removeVideoOutput'), 'nobody takes it any more').to.deep.equal([{ type: 'removeVideoOutput', outputId: lower }]);
      expect(seen(slow), 'time goes on').to.deep.equal([...seen(slow)].sort((a, b) => a - b));
    });

    it('stays with what he has when he is told to go up and at once down again', async () => {
      const listener = await listen('a');
      frame(best, 10_000, true);
      change(listener, 1);
      frame(lower, 20_000, true);
      change(listener, 0);
      change(listener, 1);
      frame(lower, 30_000, false);
      expect(seen(listener).length).to.equal(3);
      frame(best, 40_000, true);
      expect(seen(listener).length).to.equal(3);
    });

    it('lets the better picture go on when he falls for losses and nothing waits on his path', async () => {
      const listener = await listen('a');
      frame(best, 10_000, true);
      change(listener, 1, false);
      frame(best, 20_000, false);
      frame(lower, 30_000, true);
      frame(best, 40_000, false);
      expect(seen(listener).length).to.equal(3);
    });

    it('sends sound alone below the lowest, and closes what nobody takes', async () => {
      const listener = await listen('a');
      frame(best, 10_000, true);
      change(listener, 2);
      frame(best, 20_000, true);
      expect(seen(listener).length).to.equal(1);
      expect(mixer.of('removeVideoOutput')).to.deep.equal([{ type: 'removeVideoOutput', outputId: best }]);
      change(listener, 1);
      frame(lower, 30_000, true);
      expect(seen(listener).length).to.equal(2);
    });

    it('keeps its clock going forward when the other encode shows an older picture', async () => {
      const listener = await listen('a');
      frame(best, 100_000, true);
      change(listener, 1);
      frame(lower, 66_667, true);
      frame(lower, 133_333, false);
      const [first, second, third] = seen(listener) as [number, number, number];
      expect([second - first, third - first]).to.deep.equal([90, 3_000]);
    });

    it('asks for a keyframe of the encode that the listener takes or waits for', async () => {
      const listener = await listen('a');
      frame(best, 10_000, true);
      change(listener, 1);
      mixer.clear();
      outputs.requestKeyframe(listener.session);
      expect(mixer.of('requestKeyframe').map(({ outputId }) => outputId)).to.deep.equal([lower]);
    });

    it('leaves files the best picture, and closes all encodes when listener and file have gone', async () => {
      const listener = await listen('a');
      const files: number[] = [];
      const file = { takeVideo: ({ ptsUs }: { ptsUs: number }) => files.push(ptsUs) };
      outputs.addVideoTaker('vp8', file);
      frame(best, 10_000, true);
      change(listener, 1);
      frame(best, 20_000, false);
      expect(files).to.deep.equal([10_000, 20_000]);
      outputs.removeListener(listener.session);
      outputs.removeVideoTaker(file);
      expect(mixer.of('removeVideoOutput').map(({ outputId }) => outputId)).to.deep.equal([lower, best]);
    });
  });

  describe('sound', () => {
    function wanted(): unknown {
      return mixer.of('setAudioListeners').at(-1)?.listeners;
    }

    it('asks for the mix while a viewer or a file takes it, and for one minus for each participant', async () => {
      const file = { takeAudio: () => undefined };
      const ann = await listen('ann', 'ann');
      expect(wanted()).to.deep.equal({ mix: false, participantIds: ['ann'] });
      const second = await listen('second', 'ann');
      const viewer = await listen('viewer');
      expect(wanted(), 'ann twice is ann').to.deep.equal({ mix: true, participantIds: ['ann'] });
      outputs.removeListener(viewer.session);
      outputs.addAudioTaker(file);
      expect(wanted()).to.deep.equal({ mix: true, participantIds: ['ann'] });
      outputs.removeAudioTaker(file);
      outputs.removeListener(ann.session);
      expect(wanted()).to.deep.equal({ mix: false, participantIds: ['ann'] });
      outputs.removeListener(second.session);
      expect(wanted()).to.deep.equal({ mix: false, participantIds: [] });
    });

    it('asks for nothing for who takes only the picture', async () => {
      await listen('a', 'ann', [audioLine({ sends: false }), videoLine()]);
      expect(wanted()).to.deep.equal({ mix: false, participantIds: [] });
    });

    it('gives talkers the room without themselves, the silent and the viewers the mix', async () => {
      const [ann, ben, eve, viewer, second] = [await listen('ann', 'ann'), await listen('ben', 'ben'), await listen('eve', 'eve'), await listen('viewer'), await listen('second', 'ann')];
      const file: number[] = [];
      outputs.addAudioTaker({ takeAudio: (ptsUs, data) => file.push(ptsUs, ...data) });
      const streams = [{ participantIds: ['ann'], heard: undefined, data: sound(1) }, { participantIds: ['ben'], heard: undefined, data: sound(2) }];
      outputs.takeAudio(tick({ mix: sound(9), participantIds: ['ann', 'ben', 'eve'], streams }));
      expect([ann, ben, eve, viewer, second].map(heard)).to.deep.equal([[1], [2], [9], [9], [1]]);
      expect(file).to.deep.equal([20_000, 9]);
    });

    it('gives nothing to who hears as a participant whom the tick did not know: his own voice may be in its mix', async () => {
      const [viewer, second] = [await listen('viewer'), await listen('second', 'ann')];
      outputs.takeAudio(tick({ mix: sound(9) }));
      expect([viewer, second].map(heard)).to.deep.equal([[9], []]);
      outputs.takeAudio(tick({ mix: sound(8), participantIds: ['ann'] }));
      expect([viewer, second].map(heard), 'silent, and known').to.deep.equal([[9, 8], [8]]);
    });

    it('tells what is lost of it when that has changed, once a second at most, how many lose how much', async () => {
      const [ann, viewer] = [await listen('ann', 'ann'), await listen('viewer')];
      const [second, other] = [await listen('second', 'ann'), await listen('other')];
      const told = (): unknown => mixer.of('setReportedLoss').map(({ loss }) => loss);
      const lose = ({ session }: OpenSession, percent: number): void => session.audioDownlink!.loss.take((percent * 256) / 100);
      outputs.followLoss(0);
      expect(told(), 'nothing is lost at first').to.deep.equal([]);
      lose(second, 10);
      lose(ann, 1);
      lose(viewer, 1);
      lose(other, 30);
      outputs.followLoss(200_000);
      outputs.followLoss(400_000);
      expect(told()).to.deep.equal([{ mix: [{ percent: 0, listeners: 1 }, { percent: 20, listeners: 1 }], participants: { ann: 20 } }]);
      outputs.removeListener(other.session);
      outputs.followLoss(1_000_000);
      expect(mixer.of('setReportedLoss').length).to.equal(1);
      outputs.followLoss(1_200_000);
      expect(mixer.of('setReportedLoss').at(-1)?.loss).to.deep.equal({ mix: [], participants: { ann: 20 } });
    });

    it('gives each the stream that he shares with others', async () => {
      const [ann, ben, eve] = [await listen('ann', 'ann'), await listen('ben', 'ben'), await listen('eve', 'eve')];
      outputs.takeAudio(tick({ mix: sound(9), participantIds: ['ann', 'ben', 'eve'], streams: [{ participantIds: ['ann', 'eve'], heard: [], data: sound(5) }] }));
      expect([ann, ben, eve].map(heard)).to.deep.equal([[5], [9], [5]]);
    });

    it('sends nothing where nothing was mixed', async () => {
      const viewer = await listen('viewer');
      outputs.addAudioTaker({ takeAudio: () => expect.fail('a file got sound that is not there') });
      outputs.takeAudio(tick());
      expect(heard(viewer)).to.deep.equal([]);
    });
  });

  it('ends all of it at its close', async () => {
    await listen('a');
    await listen('b', undefined, [audioLine(), h264Only]);
    mixer.clear();
    outputs.close();
    expect(mixer.commands).to.deep.equal([
      { type: 'removeVideoOutput', outputId: 'vp8-640x360@30-700000' },
      { type: 'removeVideoOutput', outputId: 'h264-640x360@30-700000' },
      { type: 'setAudioListeners', listeners: { mix: false, participantIds: [] } },
    ]);
    expect(outputs.stats()).to.deep.equal({ listeners: 0, video: [] });
  });
});
