/** For a second person in one Chromium, whose device files are the first one's: a camera and a microphone made in the page itself. */
import { testColors, type TestColor } from './colored-tone-source.js';

export interface PageDevicesOptions {
  readonly color: TestColor;
  readonly toneHz: number;
  /** Other noise in every picture, so that its encoder sends all it may: an estimate of the path that fell comes back only as far as what is sent. A plain picture takes 50 kbps. */
  readonly isNoisy?: boolean;
}

/** Either way of the colour's luma, as grain in the dark: with it VP8 fills the 271 kbps of a quarter canvas. */
const noiseLuma = 16;

/** A script that runs before the page's own. What the page asks of the browser's devices, it gets from there. */
export function pageDevices({ color, toneHz, isNoisy = false }: PageDevicesOptions): string {
  // Not a canvas: browsers turn its RGB to other YUV values than they turn them back with.
  const { y, u, v } = testColors[color];
  return `{
    const openCamera = () => {
      const camera = new MediaStreamTrackGenerator({ kind: 'video' });
      const writer = camera.writable.getWriter();
      const [width, height] = [640, 360];
      const picture = new Uint8Array((width * height * 3) / 2);
      picture.fill(${y}, 0, width * height).fill(${u}, width * height, (width * height * 5) / 4).fill(${v}, (width * height * 5) / 4);
      // Another part of it each time: as good as new, and as cheap as a copy.
      const noise = Uint8Array.from({ length: ${isNoisy} ? 2 * width * height : 0 }, () => ${y} + Math.round((2 * Math.random() - 1) * ${noiseLuma}));
      let frame = 0;
      setInterval(() => {
        const noiseFrom = Math.floor(Math.random() * (noise.length / 2));
        picture.set(noise.subarray(noiseFrom, noiseFrom + noise.length / 2));
        // Along the top, outside of what tests measure: no two pictures are the same.
        picture.fill(${y}, 0, width * 16);
        for (let row = 0; row < 16; row += 1) picture.fill(128, row * width + ((frame * 8) % width), row * width + ((frame * 8) % width) + 8);
        frame += 1;
        if (camera.readyState === 'live') void writer.write(new VideoFrame(picture, { format: 'I420', codedWidth: width, codedHeight: height, timestamp: performance.now() * 1000 })).catch(() => undefined);
      }, 1000 / 15);
      return [camera];
    };
    const openMicrophone = () => {
      const audio = new AudioContext();
      const oscillator = new OscillatorNode(audio, { frequency: ${toneHz} });
      const volume = new GainNode(audio, { gain: 0.25 });
      const microphone = new MediaStreamAudioDestinationNode(audio, { channelCount: 1 });
      oscillator.connect(volume).connect(microphone);
      oscillator.start();
      return microphone.stream.getTracks();
    };
    navigator.mediaDevices.getUserMedia = async ({ audio, video }) => new MediaStream([...(audio ? openMicrophone() : []), ...(video ? openCamera() : [])]);
  }`;
}

/** A camera that goes white and a microphone that beeps, both at once, each `periodMs`. Counts them in `window.flashes`. */
export function flashBeepDevices({ periodMs, flashMs }: { readonly periodMs: number; readonly flashMs: number }): string {
  return `{
    const [width, height] = [320, 180];
    const openBoth = () => {
      const audio = new AudioContext({ latencyHint: 'interactive' });
      const oscillator = new OscillatorNode(audio, { frequency: 1000 });
      const volume = new GainNode(audio, { gain: 0 });
      const microphone = new MediaStreamAudioDestinationNode(audio, { channelCount: 1 });
      oscillator.connect(volume).connect(microphone);
      oscillator.start();
      const camera = new MediaStreamTrackGenerator({ kind: 'video' });
      const writer = camera.writable.getWriter();
      const picture = new Uint8Array((width * height * 3) / 2).fill(128);
      let nextFlashMs = performance.now() + ${periodMs};
      let flashEndsMs = 0;
      window.flashes = 0;
      setInterval(() => {
        const nowMs = performance.now();
        if (nowMs >= nextFlashMs) {
          nextFlashMs = nowMs + ${periodMs};
          flashEndsMs = nowMs + ${flashMs};
          window.flashes += 1;
          volume.gain.setValueAtTime(0.4, audio.currentTime);
          volume.gain.setValueAtTime(0, audio.currentTime + ${flashMs} / 1000);
        }
        picture.fill(nowMs < flashEndsMs ? 235 : 16, 0, width * height);
        void writer.write(new VideoFrame(picture, { format: 'I420', codedWidth: width, codedHeight: height, timestamp: nowMs * 1000 }));
      }, 1000 / 30);
      return [...microphone.stream.getTracks(), camera];
    };
    navigator.mediaDevices.getUserMedia = async () => new MediaStream(openBoth());
  }`;
}
