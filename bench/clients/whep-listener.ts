/**
 * Takes the mix of a room, or one participant's own, and counts what it gets; it decodes nothing. Towards the server it behaves as a browser does: asks for
 * lost packets, for a keyframe at the start and after a gap, and reports.
 */
import { CaptureClock } from '../../src/rtp/capture-clock.js';
import { decodeTransportSequence } from '../../src/rtp/header-extensions.js';
import { ntpMiddle32, ntpToUs } from '../../src/rtp/rtcp/ntp.js';
import { parseRtcp } from '../../src/rtp/rtcp/parse-rtcp.js';
import { parseRtpPacket, type RtpPacket } from '../../src/rtp/rtp-packet.js';
import type { NegotiatedMedia, PeerEndReason } from '../../src/peer/index.js';
import { AudioUplink } from '../../src/room/audio-uplink.js';
import { SessionReports } from '../../src/room/session-reports.js';
import type { Uplink } from '../../src/room/uplink.js';
import { VideoUplink } from '../../src/room/video-uplink.js';
import { ClientLink, randomUint32, type ClientKit } from './client-kit.js';
import { CountingDepacketiser } from './counting-depacketiser.js';
import { FreezeMeter } from './freeze-meter.js';
import type { PictureCodec } from './media-recipes.js';
import type { StopBeat } from './metronome.js';

export interface WhepListenerOptions {
  readonly kit: ClientKit;
  /** Origin of the server. */
  readonly url: URL;
  readonly room: string;
  readonly codec: PictureCodec;
  /** Whose own mix, without himself, is wanted; undefined for the listeners' mix. */
  readonly participantId?: string | undefined;
  readonly onLost?: (reason: PeerEndReason) => void;
}

export interface ListenerStats {
  /** From the POST to the first whole keyframe; undefined until it came. */
  readonly firstFrameMs: number | undefined;
  /** Whole ones, from the first keyframe on. */
  readonly frames: number;
  readonly keyframes: number;
  readonly freezes: number;
  readonly frozenMs: number;
  readonly videoPackets: number;
  readonly audioPackets: number;
  /** Payload of both. */
  readonly bytes: number;
  /** Of video, given up after having been asked for; of audio, never come. */
  readonly lostPackets: number;
  readonly nackedPackets: number;
  readonly keyframeRequests: number;
  /** Pauses in the sound of more than {@link audioStallUs}. */
  readonly audioStalls: number;
}

/** A jitter buffer holds 40 to 80 ms: after 100 without a packet the sound has stopped. */
const audioStallUs = 100_000;
/** As the server's own: NACKs and feedback are looked after in this step. */
const reportPeriodUs = 20_000;
/** While a connection ends or begins, a handful of packets may come under an SSRC nobody announced; more is a server that makes them up. */
const maxStreams = 8;

export class WhepListener {
  readonly #link: ClientLink;
  readonly #kit: ClientKit;
  readonly #reports: SessionReports;
  readonly #captureClock = new CaptureClock();
  readonly #uplinks = new Map<number, Uplink>();
  readonly #freezes = new FreezeMeter();
  readonly #stopBeat: StopBeat;
  readonly #startUs: number;
  #firstFrameUs: number | undefined;
  #frames = 0;
  #keyframes = 0;
  #firstAudioIndex: number | undefined;
  #lastAudioIndex = 0;
  #lastAudioUs = 0;
  #audioPackets = 0;
  #audioStalls = 0;
  #isStopped = false;

  private constructor(kit: ClientKit, link: ClientLink, ssrc: number, startUs: number) {
    this.#kit = kit;
    this.#link = link;
    this.#startUs = startUs;
    this.#reports = new SessionReports({ clock: kit.clock, ownSsrc: ssrc, cname: 'bench', send: (packet) => link.peer.sendRtcp(packet) });
    this.#stopBeat = kit.metronome.add(reportPeriodUs, kit.clock.nowUs(), () => this.#reports.tick(kit.clock.nowUs(), 0, { uplinks: this.#uplinks.values(), downlinks: [] }));
  }

  /** Resolves when media may come; the first of it is told by `stats`. @throws {Error} when the server refuses or cannot be reached. */
  static async join({ kit, room, codec, participantId, onLost = () => undefined, url }: WhepListenerOptions): Promise<WhepListener> {
    const endpoint = new URL(`/whep/${encodeURIComponent(room)}${participantId === undefined ? '' : `?as=${encodeURIComponent(participantId)}`}`, url);
    const startUs = kit.clock.nowUs();
    const ssrc = randomUint32();
    const common = { direction: 'recvonly', ssrc, cname: 'bench', msid: 'bench listener' } as const;
    const link = await ClientLink.open({
      kit,
      url: endpoint,
      plans: [
        { mid: '0', kind: 'audio', codecs: ['opus'], ...common },
        { mid: '1', kind: 'video', codecs: [codec], ...common },
      ],
    });
    const listener = new WhepListener(kit, link, ssrc, startUs);
    link.attach({
      onRtp: (packet, arrivalUs) => listener.#takeRtp(packet, arrivalUs),
      onRtcp: (packet, arrivalUs) => listener.#takeRtcp(packet, arrivalUs),
      onLost: (reason) => {
        listener.#stop();
        onLost(reason);
      },
    });
    return listener;
  }

  get stats(): ListenerStats {
    const uplinks = [...this.#uplinks.values()].map((uplink) => ({ source: uplink.source, counters: uplink.stats() }));
    const total = (counter: string, source?: 'camera'): number => uplinks.reduce((sum, uplink) => sum + (source === undefined || uplink.source === source ? (uplink.counters[counter] ?? 0) : 0), 0);
    const expectedAudio = this.#firstAudioIndex === undefined ? 0 : this.#lastAudioIndex - this.#firstAudioIndex + 1;
    return {
      firstFrameMs: this.#firstFrameUs === undefined ? undefined : (this.#firstFrameUs - this.#startUs) / 1000,
      frames: this.#frames,
      keyframes: this.#keyframes,
      freezes: this.#freezes.count,
      frozenMs: this.#freezes.totalUs / 1000,
      videoPackets: total('packets', 'camera'),
      audioPackets: this.#audioPackets,
      bytes: total('bytes'),
      lostPackets: total('lostPackets') + Math.max(0, expectedAudio - this.#audioPackets),
      nackedPackets: total('nackedPackets'),
      keyframeRequests: total('keyframeRequests'),
      audioStalls: this.#audioStalls,
    };
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#stop();
    await this.#link.close();
  }

  #takeRtp(datagram: Uint8Array, arrivalUs: number): void {
    const packet = parseRtpPacket(datagram);
    if (packet === undefined || this.#isStopped) return;
    const line = this.#link.media.find(({ codecs }) => codecs.some(({ payloadType }) => payloadType === packet.payloadType));
    if (line === undefined) return;
    const { transportCc } = line.extensionIds;
    const sequence = transportCc === undefined ? undefined : packet.extension(transportCc);
    const sequenceNumber = sequence === undefined ? undefined : decodeTransportSequence(sequence);
    if (sequenceNumber !== undefined) this.#reports.takeTransportSequence(sequenceNumber, packet.ssrc, arrivalUs);
    (this.#uplinks.get(packet.ssrc) ?? this.#bind(packet, line))?.receive(packet, arrivalUs);
  }

  #takeRtcp(datagram: Buffer, arrivalUs: number): void {
    for (const packet of parseRtcp(datagram).packets) {
      if (packet.type !== 'sender-report') continue;
      this.#uplinks.get(packet.senderSsrc)?.takeSenderReport({ ntpUs: ntpToUs(packet.ntp), ntpMiddle: ntpMiddle32(packet.ntp), rtpTimestamp: packet.rtpTimestamp, arrivalUs });
    }
  }

  /** Counts nothing any more; what it counted stays. */
  #stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#stopBeat();
    this.#freezes.finish(this.#kit.clock.nowUs());
  }

  #bind({ ssrc }: RtpPacket, line: NegotiatedMedia): Uplink | undefined {
    if (this.#uplinks.size >= maxStreams) return undefined;
    const common = { participantId: '', ssrc, captureClock: this.#captureClock };
    const uplink =
      line.kind === 'audio'
        ? new AudioUplink({ ...common, levelExtensionId: undefined, onPacket: ({ index, arrivalUs }) => this.#onAudio(index, arrivalUs) })
        : new VideoUplink({
            ...common,
            source: 'camera',
            orientationExtensionId: undefined,
            depacketisers: new Map(line.codecs.map(({ name, payloadType }) => [payloadType, new CountingDepacketiser(name === 'vp8' ? 'vp8' : 'h264')])),
            onFrame: ({ keyframe, arrivalUs }) => this.#onFrame(keyframe, arrivalUs),
          });
    this.#uplinks.set(ssrc, uplink);
    return uplink;
  }

  #onAudio(index: number, arrivalUs: number): void {
    if (this.#firstAudioIndex === undefined) this.#firstAudioIndex = index;
    else if (arrivalUs - this.#lastAudioUs > audioStallUs) this.#audioStalls += 1;
    this.#lastAudioIndex = Math.max(index, this.#lastAudioIndex);
    this.#lastAudioUs = arrivalUs;
    this.#audioPackets += 1;
  }

  #onFrame(keyframe: boolean, arrivalUs: number): void {
    if (keyframe) {
      this.#keyframes += 1;
      this.#firstFrameUs ??= arrivalUs;
    }
    if (this.#firstFrameUs === undefined) return;
    this.#frames += 1;
    this.#freezes.onFrame(arrivalUs);
  }
}
