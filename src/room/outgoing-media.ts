/** What one client is sent: one sound and one picture of the mix, as far as both sides agreed on them. */
import type { RoomTime, Timers, VideoCodec } from '../../mixer/index.js';
import type { MediaPlan, NegotiatedCodec, NegotiatedMedia } from '../peer/index.js';
import { AudioDownlink, type Downlink } from './downlink.js';
import type { RandomUint32 } from './media-plan.js';
import { PathControl, type PacketSender } from './path-control.js';
import { VideoDownlink } from './video-downlink.js';
import type { ListenerTiers } from './video-tiers.js';

export interface OutgoingMediaOptions {
  readonly media: readonly NegotiatedMedia[];
  /** Ours, by the same mids: whose SSRCs are told in the SDP. */
  readonly plans: readonly MediaPlan[];
  readonly sender: PacketSender;
  readonly clock: RoomTime;
  readonly timers: Timers;
  readonly tiers: ListenerTiers;
  readonly random: RandomUint32;
}

const opusClockHz = 48_000;
const videoClockHz = 90_000;

export class OutgoingMedia {
  readonly path: PathControl;
  readonly audio: AudioDownlink | undefined;
  readonly video: VideoDownlink | undefined;
  /** What the listener wants the mix in; undefined when he takes no picture. */
  readonly videoCodec: VideoCodec | undefined;
  readonly downlinks: readonly Downlink[];

  constructor({ media, plans, sender, clock, timers, tiers, random }: OutgoingMediaOptions) {
    this.path = new PathControl({ sender, clock, timers, needsBps: tiers.needsBps, bestTier: tiers.best });
    for (const line of media) {
      const { ssrc, rtxSsrc } = plans.find((plan) => plan.mid === line.mid) ?? {};
      const codec = line.codecs.find(canSend);
      if (!line.sends || codec === undefined || ssrc === undefined) continue;
      const common = { ssrc, payloadType: codec.payloadType, lane: this.path.lane(line.sentExtensionIds.transportCc), clock, random };
      if (line.kind === 'audio') this.audio ??= new AudioDownlink({ clockHz: opusClockHz, csrcLevelId: line.sentExtensionIds.csrcAudioLevel, ...common });
      else if (this.video === undefined) {
        const { rtxPayloadType } = codec;
        const rtx = rtxSsrc === undefined || rtxPayloadType === undefined ? undefined : { ssrc: rtxSsrc, payloadType: rtxPayloadType };
        this.video = new VideoDownlink({ clockHz: videoClockHz, rtx, pacer: this.path.pacer, ...common });
        this.path.attach(this.video, line.sentExtensionIds.transportCc !== undefined);
        this.videoCodec = codec.name === 'h264' ? 'h264' : 'vp8';
      }
    }
    this.downlinks = [this.audio, this.video].filter((downlink) => downlink !== undefined);
  }

  stats(): Readonly<Record<string, unknown>> {
    return {
      downlinks: { audio: this.audio?.counters, video: this.video?.counters, videoCodec: this.videoCodec, droppedPackets: this.video?.droppedPackets, silentPacketsLeftOut: this.audio?.leftOut },
      path: this.path.stats(),
      sinceTickUs: { audio: this.audio?.sinceTick.summary(), video: this.video?.sinceTick.summary() },
    };
  }

  close(): void {
    this.path.close();
  }
}

/** H.264 in packetization mode 0 would need an encoder that cuts its slices to the MTU: such listeners get VP8. */
function canSend(codec: NegotiatedCodec): boolean {
  return codec.name !== 'h264' || codec.packetizationMode === 1;
}
