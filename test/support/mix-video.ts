import type { Page } from 'playwright-core';

/**
 * Resolves once the JavaScript expression holds in the page, looked at before each picture that the browser draws. (playwright's
 * own `waitForFunction` needs `eval`, which the pages' policy forbids.)
 */
export async function untilInPage(page: Page, expression: string): Promise<void> {
  await page.evaluate(`new Promise((resolve) => { const check = () => ((${expression}) ? resolve() : requestAnimationFrame(check)); check(); })`);
}

/** The page's one video plays the stand-in's picture, 640 by 360. */
export async function untilPictureShows(page: Page): Promise<void> {
  await untilInPage(page, "document.getElementById('mix').videoWidth === 640 && document.getElementById('mix').currentTime > 0 && !document.getElementById('mix').paused");
}

/** The colour in the middle of the upper left tile, as it is on the screen: red, green, blue. */
export async function pictureColor(page: Page): Promise<readonly [number, number, number]> {
  return page.evaluate<[number, number, number]>(`(() => {
    const canvas = new OffscreenCanvas(4, 4);
    const context = canvas.getContext('2d');
    const video = document.getElementById('mix');
    context.drawImage(video, 0.1 * video.videoWidth, 0.1 * video.videoHeight, 8, 8, 0, 0, 4, 4);
    return [...context.getImageData(1, 1, 1, 1).data.slice(0, 3)];
  })()`);
}

/** Resolves once the newest connection has received sound that is not silence, and played it. */
export async function untilHeard(page: Page): Promise<void> {
  await page.evaluate(`new Promise((resolve) => {
    const check = async () => {
      const stats = await window.spied.connections.at(-1).getStats();
      const energy = [...stats.values()].find(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio')?.totalAudioEnergy ?? 0;
      if (energy > 0) resolve();
      else requestAnimationFrame(check);
    };
    void check();
  })`);
}
