import { expect } from 'chai';
import type { NameLabel, Picture } from '../../../../mixer/video/lettering/index.js';
import { LetteringThread } from '../../../../mixer/video/lettering-thread/lettering-thread.js';

describe('lettering thread', () => {
  let lettering: LetteringThread;
  let faults: string[];
  beforeEach(() => {
    faults = [];
    lettering = new LetteringThread({ onFault: (message) => faults.push(message) });
  });
  afterEach(() => lettering.close());

  const label = (name: string): Promise<NameLabel> => new Promise((resolve) => lettering.renderLabel({ name, tileWidthPx: 320, tileHeightPx: 180 }, resolve));

  it('renders labels and avatars elsewhere', async () => {
    const avatar = new Promise<Picture>((resolve) => lettering.renderAvatar({ name: 'Ann', seed: 'a', widthPx: 64, heightPx: 36 }, resolve));
    const [first, second] = await Promise.all([label('Ann'), label('Bob')]);
    expect(first.widthPx).to.be.greaterThan(20);
    expect(first.alpha.some((alpha) => alpha > 0)).to.be.true;
    expect(second.y).not.to.deep.equal(first.y);
    expect((await avatar).y.length).to.equal(64 * 36);
    expect(faults).to.be.empty;
  });

  it('answers at once what it has rendered before', async () => {
    const first = await label('Ann');
    let again: NameLabel | undefined;
    lettering.renderLabel({ name: 'Ann', tileWidthPx: 320, tileHeightPx: 180 }, (rendered) => (again = rendered));
    expect(again).to.equal(first);
  });

  it('tells what cannot be rendered and renders the next', async () => {
    lettering.renderAvatar({ name: 'Ann', seed: 'a', widthPx: -2, heightPx: 36 }, () => expect.fail('rendered'));
    await label('Ann');
    expect(faults).to.have.length(1);
  });

  it('answers nothing after it was closed', async () => {
    lettering.renderLabel({ name: 'Ann', tileWidthPx: 320, tileHeightPx: 180 }, () => expect.fail('rendered'));
    await lettering.close();
    lettering.renderLabel({ name: 'Bob', tileWidthPx: 320, tileHeightPx: 180 }, () => expect.fail('rendered'));
    await lettering.close();
  });
});
