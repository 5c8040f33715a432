import { expect } from 'chai';
import { importPublic } from '../support/static-files.js';

interface HeardLevels {
  readonly current: Readonly<Record<string, number | null>>;
  tell(levels: Readonly<Record<string, number>>): void;
  hear(sources: readonly { readonly csrc: number; readonly levelDbov: number | null }[], participants: readonly { readonly id: string; readonly csrc: number }[]): boolean;
  clear(): boolean;
}

const people = [{ id: 'ann', csrc: 1 }, { id: 'ben', csrc: 2 }];

describe('client: heard levels', () => {
  let levels: HeardLevels;

  beforeEach(async () => {
    const { HeardLevels: Levels } = (await importPublic('client/heard-levels.js')) as { readonly HeardLevels: new () => HeardLevels };
    levels = new Levels();
  });

  it('are the browser\'s own, else the server\'s, else not known', () => {
    expect(levels.hear([{ csrc: 1, levelDbov: null }, { csrc: 2, levelDbov: -20 }], people)).to.equal(true);
    expect(levels.current).to.deep.equal({ ann: null, ben: -20 });
    levels.tell({ ann: -31, ben: -99 });
    expect(levels.hear([{ csrc: 1, levelDbov: null }, { csrc: 2, levelDbov: -20 }], people)).to.equal(true);
    expect(levels.current).to.deep.equal({ ann: -31, ben: -20 });
  });

  it('are of those whom the packets name and the room knows, whatever the server told', () => {
    levels.tell({ ann: -31, ben: -40 });
    levels.hear([{ csrc: 2, levelDbov: null }, { csrc: 77, levelDbov: -3 }], people);
    expect(levels.current).to.deep.equal({ ben: -40 });
  });

  it('are news only where something changed', () => {
    expect(levels.hear([], people)).to.equal(false);
    expect(levels.hear([{ csrc: 1, levelDbov: 0 }], people)).to.equal(true);
    expect(levels.hear([{ csrc: 1, levelDbov: 0 }], people)).to.equal(false);
    expect(levels.hear([], people)).to.equal(true);
  });

  it('are gone with their session, and so is what was told in it', () => {
    levels.tell({ ann: -31 });
    levels.hear([{ csrc: 1, levelDbov: null }], people);
    expect([levels.clear(), levels.clear(), levels.current]).to.deep.equal([true, false, {}]);
    levels.hear([{ csrc: 1, levelDbov: null }], people);
    expect(levels.current).to.deep.equal({ ann: null });
  });
});
