/** What the prepared people look and sound like, as arguments of FFmpeg: nothing newer than the bundled build of 2018 is used. */

export type PictureCodec = 'vp8' | 'h264';

/** Someone to be told apart by colour and by tone. */
export interface PreparedPerson {
  readonly name: string;
  /** The lighter of the two shades that his picture is made of; the darker is about a third of it. */
  readonly color: readonly [red: number, green: number, blue: number];
  readonly toneHz: number;
}

/** Hues far apart even after an encoder, tones that are no harmonics of each other. */
export const preparedPeople: readonly PreparedPerson[] = [
  { name: 'Red', color: [214, 62, 56], toneHz: 330 },
  { name: 'Green', color: [58, 176, 78], toneHz: 470 },
  { name: 'Blue', color: [56, 98, 222], toneHz: 670 },
  { name: 'Amber', color: [228, 172, 36], toneHz: 950 },
  { name: 'Violet', color: [144, 72, 206], toneHz: 1350 },
  { name: 'Teal', color: [36, 174, 178], toneHz: 1910 },
  { name: 'Grey', color: [176, 176, 176], toneHz: 2690 },
  { name: 'Pink', color: [228, 92, 160], toneHz: 3810 },
];

export interface PictureSize {
  readonly widthPx: number;
  readonly heightPx: number;
}

export const pictureFormat = { widthPx: 640, heightPx: 360, fps: 30 } as const;
/** What an encoder makes of a camera of 1280x720 for the tiles of 1, 4, 9, 16 and 25 people on a canvas of that size; largest first. */
export const pictureSizes: readonly PictureSize[] = [
  { widthPx: 1280, heightPx: 720 },
  { widthPx: pictureFormat.widthPx, heightPx: pictureFormat.heightPx },
  { widthPx: 428, heightPx: 240 },
  { widthPx: 320, heightPx: 180 },
  { widthPx: 256, heightPx: 144 },
];
export const opusPacketUs = 20_000;
/** All periods of the pictures and of the speech divide it, so that the loop has no seam. */
export const loopSeconds = 24;
/** A picture loss indication is answered by a jump to the next one: that long at most a receiver waits. */
const keyframeSeconds = 3;
/** At 640x360. */
const pictureKbps = 600;
/** As the server's own wishes grow with the pixels: see `src/room/picture-need`. */
const pixelExponent = 0.75;
const soundBitrate = '40k';
const darkShare = 0.32;

/** 0 to 1 over a still of 1280x720, one for each person; only the fourth has edges. */
const patterns = [
  '0.5+0.5*sin(hypot(X-640,Y-360)/14)',
  '0.5+0.5*sin((X+Y)/26)',
  '0.5+0.5*sin(X/30)*cos(Y/30)',
  'mod(floor(X/60)+floor(Y/60),2)',
  '0.5+0.5*sin(Y/18)',
  '0.5+0.5*sin(hypot(X-200,Y-600)/24)',
  '0.5+0.5*sin((X-Y)/40)*sin((X+Y)/40)',
  'gt(mod(X+2*Y,90),45)',
];

/** A camera that pans over a patterned wall, with its grain, and a white square on its way through the picture. */
export function pictureArguments(codec: PictureCodec, person: number, size: PictureSize = pictureFormat): string[] {
  const pattern = patterns[person % patterns.length] ?? '0';
  const shades = personAt(person).color.map((light) => `${Math.round(light * darkShare)}+${Math.round(light * (1 - darkShare))}*(${pattern})`);
  const [red = '0', green = '0', blue = '0'] = shades;
  const { widthPx, heightPx, fps } = pictureFormat;
  const scale = size.widthPx / widthPx;
  const scaled = scale === 1 ? '' : `scale=${size.widthPx}:${size.heightPx},`;
  const squarePx = 2 * Math.round(40 * scale);
  const graph = [
    `color=c=black:s=1280x720:r=${fps},format=gbrp,geq=r='${red}':g='${green}':b='${blue}',trim=end_frame=1,loop=loop=-1:size=1:start=0,setpts=N/${fps}/TB,` +
      `crop=${widthPx}:${heightPx}:x='320+300*sin(2*PI*t/8+${person})':y='180+170*sin(2*PI*t/6+${person})',${scaled}format=yuv420p,noise=alls=10:allf=t[wall]`,
    `color=c=white:s=${squarePx}x${squarePx}:r=${fps}[square]`,
    `[wall][square]overlay=x='${280 * scale}+${260 * scale}*sin(2*PI*t/4+${person})':y='${140 * scale}+${120 * scale}*cos(2*PI*t/3+${2 * person})',trim=end_frame=${loopSeconds * fps},format=yuv420p[picture]`,
  ].join(';');
  return ['-filter_complex', graph, '-map', '[picture]', ...rateArguments(size), ...codecArguments(codec)];
}

/** Writes Opus in Ogg to `path`, and the same sound as 16-bit mono PCM to standard output, for its levels. */
export function soundArguments(person: number | 'silent', path: string): string[] {
  const source = person === 'silent' ? 'anullsrc=r=48000:cl=mono' : `aevalsrc=exprs='${speech(person)}':s=48000`;
  return [
    ...['-f', 'lavfi', '-i', source, '-t', String(loopSeconds), '-filter_complex', '[0:a]asplit[opus][pcm]'],
    ...['-map', '[opus]', '-ac', '1', '-c:a', 'libopus', '-b:a', soundBitrate, '-frame_duration', '20', '-application', 'voip', '-t', String(loopSeconds), '-f', 'ogg', path],
    ...['-map', '[pcm]', '-ac', '1', '-t', String(loopSeconds), '-f', 's16le', 'pipe:1'],
  ];
}

export function personAt(person: number): PreparedPerson {
  const found = preparedPeople[person];
  if (found === undefined) throw new RangeError(`there are ${preparedPeople.length} prepared people, not ${person + 1}`);
  return found;
}

/** His tone at four syllables a second with a breath of noise; phrases of 4.5 s, then 1.5 s of nothing, each person at another moment. */
function speech(person: number): string {
  const syllables = '(0.6+0.4*sin(2*PI*4*t))';
  const phrase = `lt(mod(t+${(person * 1.5) % 6},6),4.5)`;
  // Four at once stay below full scale.
  return `${phrase}*${syllables}*(0.18*sin(2*PI*${personAt(person).toneHz}*t)+0.02*(2*random(0)-1))`;
}

function rateArguments({ widthPx, heightPx }: PictureSize): string[] {
  const pictureBitrate = `${Math.round(pictureKbps * ((widthPx * heightPx) / (pictureFormat.widthPx * pictureFormat.heightPx)) ** pixelExponent)}k`;
  const keyframeInterval = String(keyframeSeconds * pictureFormat.fps);
  return ['-b:v', pictureBitrate, '-minrate', pictureBitrate, '-maxrate', pictureBitrate, '-bufsize', pictureBitrate, '-g', keyframeInterval, '-keyint_min', keyframeInterval];
}

function codecArguments(codec: PictureCodec): string[] {
  if (codec === 'vp8') return ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-lag-in-frames', '0', '-f', 'ivf'];
  // Access unit delimiters, so that the file can be cut into pictures; slices as whole pictures, so that a picture is few packets.
  return ['-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'zerolatency', '-profile:v', 'baseline', '-x264-params', 'aud=1:sliced-threads=0:scenecut=0', '-f', 'h264'];
}
