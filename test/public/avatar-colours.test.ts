import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { avatarColour } from '../../mixer/video/lettering/avatar-colour.js';
import { rootFolder } from '../support/root-folder.js';
import { importPublic } from '../support/static-files.js';

describe('pages: colours of avatars', () => {
  it('are those of the picture, for each participant', async () => {
    const { hueOf } = (await importPublic('ui/avatar.js')) as { hueOf: (id: string) => number };
    const css = await readFile(join(rootFolder, 'public/styles/base.css'), 'utf8');
    const hues = new Map([...css.matchAll(/\.avatar\[data-hue='(\d+)'\] \{ --hue: (\d+)deg; \}/g)].map(([, index, hue]) => [Number(index), hue]));
    const [, saturation, lightness] = /background: hsl\(var\(--hue, \d+deg\) (\d+%) (\d+%)\)/.exec(css) ?? [];
    const ids = ['', 'ben', 'wkq-3Zb1', '\u{1f468}\u200d\u{1f680}', ...Array.from({ length: 200 }, (_unused, at) => `participant-${at}`)];
    const ofPage = ids.map((id) => `hsl(${hues.get(hueOf(id))}, ${saturation}, ${lightness})`);
    expect(ofPage).to.deep.equal(ids.map(avatarColour));
    expect(new Set(ofPage).size, 'each of the twelve').to.equal(12);
  });
});
