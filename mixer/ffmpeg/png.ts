import { AV_PIX_FMT_RGB24, AV_PIX_FMT_YUV420P, FF_ENCODER_PNG, SWS_BILINEAR } from 'node-av/constants';
import { Codec, CodecContext, Dictionary, Frame, Packet, Rational, SoftwareScaleContext } from 'node-av/lib';
import { check } from './library.js';
import { countFreed, countOpened } from './native-ledger.js';
import type { NativePicture } from './native-picture.js';

/** 21 ms of CPU for 1280x720 and 13 % more bytes than zlib's usual level, which takes 95: a page that asks each second must not cost a room its encoder. */
const options = { compression_level: '1', pred: 'up' };

/**
 * Encodes on libuv's pool; until it resolves, nobody may write to the picture.
 * @throws {MediaError}
 */
export async function encodePng(picture: NativePicture): Promise<Uint8Array> {
  const implementation = Codec.findEncoderByName(FF_ENCODER_PNG);
  const context = new CodecContext();
  const scaler = new SoftwareScaleContext();
  const rgb = new Frame();
  const packet = new Packet();
  countOpened('other');
  try {
    rgb.alloc();
    packet.alloc();
    rgb.format = AV_PIX_FMT_RGB24;
    rgb.width = picture.widthPx;
    rgb.height = picture.heightPx;
    check(rgb.getBuffer(0), 'memory for a snapshot');
    scaler.getContext(picture.widthPx, picture.heightPx, AV_PIX_FMT_YUV420P, picture.widthPx, picture.heightPx, AV_PIX_FMT_RGB24, SWS_BILINEAR);
    check(await scaler.scaleFrame(rgb, picture.frame), 'converting a snapshot to RGB');
    context.allocContext3(implementation);
    context.width = picture.widthPx;
    context.height = picture.heightPx;
    context.pixelFormat = AV_PIX_FMT_RGB24;
    context.timeBase = new Rational(1, 1);
    context.threadCount = 1;
    check(await context.open2(implementation, Dictionary.fromObject(options)), 'opening the PNG encoder');
    check(await context.sendFrame(rgb), 'encoding a snapshot');
    check(context.receivePacketSync(packet), 'encoding a snapshot');
    const { data } = packet;
    if (data === null) throw new Error('The PNG encoder gave nothing.');
    return data;
  } finally {
    context.freeContext();
    scaler.freeContext();
    rgb.free();
    packet.free();
    countFreed('other');
  }
}
