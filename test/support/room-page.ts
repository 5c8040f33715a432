/** The product's own room page in Chromium. */
import { MixPage, mixProbe } from './mix-page.js';
import type { OpenOptions, PageBrowser } from './page-browser.js';

export interface RoomPageOptions extends Pick<OpenOptions, 'context' | 'initScript'> {
  readonly browser: PageBrowser;
  readonly serverUrl: string;
  readonly room: string;
  readonly name: string;
  readonly microphone?: boolean;
  readonly camera?: boolean;
}

export interface ListedPerson {
  readonly name: string;
  readonly isOwn: boolean;
  readonly isMuted: boolean;
  readonly isCameraOff: boolean;
  readonly isSharing: boolean;
}

export class RoomPage extends MixPage {
  static async join({ browser, serverUrl, room, name, microphone = true, camera = true, context, initScript = '' }: RoomPageOptions): Promise<RoomPage> {
    const page = await browser.open({
      origin: serverUrl,
      admitted: { room, name, microphone, camera },
      initScript: `${mixProbe}\n${initScript}`,
      ...(context === undefined ? {} : { context }),
    });
    await page.goto(`${serverUrl}/r/${room}`);
    return new RoomPage(page);
  }

  async people(): Promise<readonly ListedPerson[]> {
    return this.page.evaluate<ListedPerson[]>(`[...document.querySelectorAll('#people .person')].map((item) => ({
      name: item.querySelector('.person-name').textContent,
      isOwn: item.classList.contains('is-own'),
      isMuted: item.classList.contains('is-muted'),
      isCameraOff: item.classList.contains('is-camera-off'),
      isSharing: item.classList.contains('is-sharing'),
    }))`);
  }
}
