import { expect } from 'chai';
import { Lettering } from '../../../../mixer/video/lettering/lettering.js';
import { renderAvatar } from '../../../../mixer/video/lettering/avatar.js';
import { renderNameLabel } from '../../../../mixer/video/lettering/name-label.js';

const failure = (promise: Promise<unknown>): Promise<unknown> => promise.then(() => { throw new Error('it was answered'); }, (error: unknown) => error);

describe('Lettering', () => {
  let lettering: Lettering;
  beforeEach(() => {
    lettering = new Lettering();
  });
  afterEach(() => lettering.close());

  it('renders on its thread what the functions render here', async () => {
    const label = { name: 'Ann 🦊', tileWidthPx: 640, tileHeightPx: 360, muted: true };
    const avatar = { name: 'Ann', seed: 's', widthPx: 64, heightPx: 36 };
    const [made, picture, empty, again] = await Promise.all([
      lettering.renderNameLabel(label), lettering.renderAvatar(avatar), lettering.renderNameLabel({ ...label, name: '', muted: false }), lettering.renderNameLabel({ ...label, name: '', muted: false }),
    ]);
    expect(made).to.deep.equal(renderNameLabel(label));
    expect(picture).to.deep.equal(renderAvatar(avatar));
    expect([empty.widthPx, again.widthPx]).to.deep.equal([0, 0]);
  });

  it('rejects what cannot be rendered and goes on', async () => {
    expect(await failure(lettering.renderAvatar({ name: 'Ann', seed: 's', widthPx: -2, heightPx: 36 }))).to.be.instanceOf(Error);
    expect((await lettering.renderAvatar({ name: 'Ann', seed: 's', widthPx: 64, heightPx: 36 })).widthPx).to.equal(64);
  });

  it('rejects what was not answered before close, and what is asked after it', async () => {
    const asked = failure(lettering.renderNameLabel({ name: 'Ann', tileWidthPx: 640, tileHeightPx: 360 }));
    const closing = lettering.close();
    expect(lettering.close(), 'close is idempotent').to.equal(closing);
    await closing;
    expect(String(await asked)).to.contain('The lettering thread has ended.');
    expect(String(await failure(lettering.renderNameLabel({ name: 'Ann', tileWidthPx: 640, tileHeightPx: 360 })))).to.contain('has ended');
  });
});
