/** Starts Debian's (or any) Chromium for tests: headless, offline, with fake devices. One browser at a time: the machine is small. */
import { chromium, type Browser } from 'playwright-core';

export interface ChromiumOptions {
  /**
   * `fake` (default): a camera and a microphone that beep and tick. `none`: a machine without any. Or files that play in a loop:
   * `video` is .y4m or .mjpeg, `audio` is .wav (48 kHz is safest).
   */
  readonly devices?: 'fake' | 'none' | { readonly video?: string; readonly audio?: string };
  /** What the person answers when asked for devices or a screen. `context`: as granted with `context.grantPermissions`, everything else refused. */
  readonly permission?: 'grant' | 'deny' | 'context';
  /** Sound needs a click first, as for a page that is visited for the first time; default: no click needed, the browser's own default for tests. */
  readonly blockAutoplay?: boolean;
  readonly args?: readonly string[];
  /** Of Chromium's own features, besides those that never are on here. */
  readonly disabledFeatures?: readonly string[];
}

function chromiumPath(): string {
  return process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
}

const baseArgs = [
  // Tests run as root in containers, where Chromium's sandbox and /dev/shm do not work.
  '--no-sandbox',
  '--disable-dev-shm-usage',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-domain-reliability',
  '--disable-sync',
];
/** The toolbar of Chromium's own window is drawn by pages in processes of their own, and nobody sees it: that costs the first test in each browser a second of CPU. */
const toolbarFeatures = ['InitialWebUI', 'PreloadTopChromeWebUI', 'WebUIOmniboxPopup', 'WebUIReloadButton', 'WebUIToolbar'];
const neverFeatures = ['WebRtcAllowInputVolumeAdjustment', ...toolbarFeatures];

export async function launchChromium({ devices = 'fake', permission = 'grant', blockAutoplay = false, args = [], disabledFeatures = [] }: ChromiumOptions = {}): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath(),
    headless: true,
    args: [
      ...baseArgs,
      // A switch that is given twice counts once.
      `--disable-features=${[...neverFeatures, ...disabledFeatures].join(',')}`,
      ...deviceArgs(devices),
      ...(permission === 'context' ? [] : [`--use-fake-ui-for-media-stream${permission === 'deny' ? '=deny' : ''}`]),
      `--autoplay-policy=${blockAutoplay ? 'document-user-activation-required' : 'no-user-gesture-required'}`,
      ...args,
    ],
  });
}

function deviceArgs(devices: NonNullable<ChromiumOptions['devices']>): string[] {
  if (devices === 'none') return [];
  const files = devices === 'fake' ? {} : devices;
  return [
    '--use-fake-device-for-media-stream',
    ...(files.video === undefined ? [] : [`--use-file-for-fake-video-capture=${files.video}`]),
    ...(files.audio === undefined ? [] : [`--use-file-for-fake-audio-capture=${files.audio}`]),
  ];
}
