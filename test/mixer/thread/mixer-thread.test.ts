import { expect } from 'chai';
import { ManualClock } from '../../../mixer/clock/room-clock.js';
import type { Timers } from '../../../mixer/clock/timers.js';
import type { MixerEvent } from '../../../mixer/protocol.js';
import { MixerThread, type Audio } from '../../../mixer/thread/mixer-thread.js';
import { FakeLettering } from '../video/fake-lettering.js';

/** Writes down what it is told. */
function fakeAudio(calls: string[]): Audio {
  return {
    addParticipant: (id) => calls.push(`add ${id}`),
    removeParticipant: (id) => calls.push(`remove ${id}`),
    pushPacket: ({ participantId, index }) => calls.push(`packet ${participantId} ${index}`),
    setListeners: ({ participantIds }) => calls.push(`listeners ${participantIds.join()}`),
    setVoice: (id, { muted }) => calls.push(`voice ${id} ${muted}`),
    setHearing: (id, { restDb }) => calls.push(`hearing ${id} ${restDb}`),
    setReportedLoss: ({ mix }) => calls.push(`loss ${mix[0]?.percent ?? 0}`),
    playSound: ({ soundId }) => calls.push(`play ${soundId}`),
    setSoundListeners: (soundId, participantIds) => calls.push(`sound listeners ${soundId} ${participantIds.join()}`),
    stopSound: (soundId) => calls.push(`stop ${soundId}`),
    tick: (tickUs) => calls.push(`tick ${tickUs}`),
    skipTo: (tickUs) => calls.push(`skip ${tickUs}`),
    playoutDelayUs: () => undefined,
    requestMinimumDelay: () => undefined,
    stats: () => ({ some: 'numbers' }),
    close: () => {
      calls.push('close');
      return Promise.resolve();
    },
  };
}

describe('mixer thread', () => {
  it('hands commands to the half that they concern, and ticks both', async () => {
    const clock = new ManualClock();
    const calls: string[] = [];
    const events: MixerEvent[] = [];
    let fire: (() => void) | undefined;
    const timers: Timers = {
      after: (delayMs, run) => {
        fire = () => {
          clock.advance(delayMs * 1000);
          run();
        };
        return () => (fire = undefined);
      },
      every: () => expect.fail(),
    };
    const thread = await MixerThread.create({
      options: { zero: [0, 0], canvas: { widthPx: 320, heightPx: 180, fps: 30 }, maxInputPixels: 1 << 20, audio: { mode: 'voice', bitrateBps: 32_000, complexity: 5, maxTalkers: 12 } },
      time: clock,
      timers,
      poolThreads: 4,
      createAudio: () => Promise.resolve(fakeAudio(calls)),
      createLettering: () => new FakeLettering(),
      onEvent: (event) => events.push(event),
    });
    expect(events).to.deep.equal([{ type: 'ready' }]);
    thread.handle({ type: 'addParticipant', participantId: 'ann' });
    thread.handle({ type: 'setAudioListeners', listeners: { mix: true, participantIds: ['ann', 'bob'] } });
    thread.handle({ type: 'audioPacket', packet: { participantId: 'ann', index: 7, ptsUs: 0, arrivalUs: 0, levelDbov: -30, data: new Uint8Array(3) } });
    thread.handle({ type: 'setVoice', participantId: 'ann', voice: { muted: true, gainDb: 0, levelled: true, noiseSuppressed: false } });
    thread.handle({ type: 'setHearing', participantId: 'ann', hearing: { restDb: -20, sources: {} } });
    thread.handle({ type: 'setReportedLoss', loss: { mix: [{ percent: 10, listeners: 1 }], participants: {} } });
    thread.handle({ type: 'playSound', sound: { soundId: 's1', path: '/nowhere.wav', loop: false, gainDb: 0, participantIds: undefined } });
    thread.handle({ type: 'setSoundListeners', soundId: 's1', participantIds: ['ann'] });
    thread.handle({ type: 'stopSound', soundId: 's1' });
    thread.handle({ type: 'removeParticipant', participantId: 'ann' });
    for (let wake = 0; wake < 4; wake += 1) fire?.();
    expect(calls).to.deep.equal(['add ann', 'listeners ann,bob', 'packet ann 7', 'voice ann true', 'hearing ann -20', 'loss 10', 'play s1', 'sound listeners s1 ann', 'stop s1', 'remove ann', 'tick 0', 'tick 20000', 'tick 40000']);
    thread.handle({ type: 'stats', requestId: 9 });
    const answer = events.at(-1);
    expect(answer).to.deep.include({ type: 'stats', requestId: 9 });
    expect(answer?.type === 'stats' ? answer.stats['clock'] : undefined).to.include({ audioTicks: 3, videoTicks: 2 });
    await Promise.all([thread.close(), thread.close()]);
    expect(calls.filter((call) => call === 'close')).to.have.length(1);
    expect(events.at(-1)).to.deep.equal({ type: 'closed', report: { liveNativeObjects: 0 } });
    expect(fire).to.be.undefined;
    thread.handle({ type: 'stats', requestId: 10 });
    expect(events.at(-1)?.type).to.equal('closed');
  });
});
