import { join } from 'node:path';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { FfmpegWhipPublisher } from '../support/ffmpeg-whip-publisher.js';
import { WrtcListener } from '../support/wrtc-client.js';

const roomModulePath = join(import.meta.dirname, '../../src/room/main.js');
const whole = { left: 0, top: 0, width: 1, height: 1 };

describe('clients that nobody here wrote', function () {
  this.timeout(60_000);
  let server: TestServer;

  before(async () => {
    server = await startTestServer({ roomModulePath, config: { udpPortMin: 0, udpPortMax: 0 } });
  });
  after(() => server.close());

  it("FFmpeg's WHIP muxer publishes H.264 and Opus and is seen and heard", async () => {
    const listenerRoom = await server.call('POST', '/api/rooms', { name: 'whip' });
    if (listenerRoom.status !== 201) throw new Error(`no room: ${listenerRoom.status}`);
    const publisher = await FfmpegWhipPublisher.start({ url: `${server.url}/whip/whip?name=FFmpeg`, widthPx: 640, heightPx: 360, color: '0x0000ff', toneHz: 700 });
    const listener = await WrtcListener.join(server.url, 'whip');
    await listener.mix.until("FFmpeg's blue fills the picture", () => listener.mix.sees('blue', whole), 20_000);
    await listener.mix.until("FFmpeg's tone", () => listener.mix.toneDb(700) > -25, 20_000);
    await listener.leave();
    await publisher.stop();
  });
});
