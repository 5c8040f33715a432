import { expect } from 'chai';
import { LayoutError, parseTemplate } from '../../layouts/schema.js';

const area = { left: 0, top: 0, width: 1, height: 1 };
const seat = { kind: 'seat', id: 'main', area };
const grid = { kind: 'grid', id: 'rest', area, maxTiles: 4, tileAspectRatio: { min: '4/3', max: '16/9' } };
const template = (variants: unknown, more: object = {}): object => ({ name: 'mine', description: 'x', variants, ...more });

function problems(json: unknown): readonly string[] {
  try {
    parseTemplate(json, 'mine.json');
  } catch (error) {
    expect(error).to.be.instanceOf(LayoutError);
    return (error as LayoutError).problems;
  }
  throw new Error('the template was accepted');
}

describe('parseTemplate', () => {
  it('turns quotients into numbers and fills in defaults', () => {
    const { aliases, variants } = parseTemplate(template([{ regions: [{ ...seat, area: { left: '1/3', top: 0, width: '2 / 3', height: 0.5 } }] }]), 'mine.json');
    expect(aliases).to.deep.equal([]);
    expect(variants[0]?.regions[0]).to.deep.equal({
      kind: 'seat', id: 'main', area: { left: 1 / 3, top: 0, width: 2 / 3, height: 0.5 }, margin: 0, fit: { camera: 'cover', screen: 'letterbox' }, minVisible: 0.5, showName: true,
    });
  });

  it('names the place of a mistake', () => {
    expect(() => parseTemplate(template([{ regions: [{ ...seat, area: { ...area, left: '1/4' } }] }]), 'mine.json')).to.throw(
      'mine.json: variants[0].regions[0].area.width: left + width reaches past the canvas (above 1)',
    );
  });

  it('names every mistake at once', () => {
    const found = problems(template([{ regions: [{ ...seat, colour: 'red', fit: { camera: 'stretch', screen: 'cover' } }] }], { name: 'My Layout', description: '' }));
    expect(found.map((problem) => problem.split(':')[0])).to.have.members(['name', 'description', 'variants[0].regions[0]', 'variants[0].regions[0].fit.camera']);
  });

  const refused: Record<string, [unknown, string]> = {
    'no object': [[], 'the template: '],
    'no variants': [template([]), 'variants: '],
    'a fraction above 1': [template([{ regions: [{ ...seat, area: { ...area, width: 640 } }] }]), 'variants[0].regions[0].area.width: must be a fraction from 0 to 1'],
    'a quotient by zero': [template([{ regions: [{ ...seat, area: { ...area, width: '1/0' } }] }]), 'area.width: must be a fraction'],
    'a percentage': [template([{ regions: [{ ...seat, area: { ...area, width: '50%' } }] }]), 'area.width: must be a fraction'],
    'a fraction that is null': [template([{ regions: [{ ...seat, area: { ...area, width: null } }] }]), 'area.width: must be a fraction'],
    'an area of no width': [template([{ regions: [{ ...seat, area: { ...area, width: 0 } }] }]), 'area.width: must be above 0'],
    'regions that overlap': [template([{ regions: [seat, { ...grid, area: { ...area, left: 0.9, width: 0.1 } }] }]), 'variants[0].regions[1].area: overlaps region "main"'],
    'a grid before a seat': [template([{ regions: [{ ...grid, area: { ...area, width: 0.5 } }, { ...seat, area: { ...area, left: 0.5, width: 0.5 } }] }]), 'regions[0].kind: a grid takes all who are left'],
    'a ratio the wrong way round': [template([{ regions: [{ ...grid, tileAspectRatio: { min: 2, max: 1 } }] }]), 'tileAspectRatio.min: must not be above max (1)'],
    'too many tiles': [template([{ regions: [{ ...grid, maxTiles: 50 }] }]), 'maxTiles: '],
    'an unknown kind': [template([{ regions: [{ ...seat, kind: 'circle' }] }]), 'regions[0].kind: '],
    'a last variant with a condition': [template([{ orientation: 'portrait', regions: [seat] }]), 'variants[0]: the last variant must have neither'],
    'seats the wrong way round': [template([{ seats: { min: 3, max: 2 }, regions: [seat] }, { regions: [seat] }]), 'variants[0].seats.min: must not be above max (2)'],
  };
  for (const [what, [json, problem]] of Object.entries(refused)) {
    it(`refuses ${what}`, () => {
      expect(problems(json).join('; ')).to.contain(problem);
    });
  }

  it('accepts thirds that miss 1 by a rounding of doubles', () => {
    const thirds = ['0/3', '1/3', '2/3'].map((left, index) => ({ ...seat, id: `r${index}`, area: { left, top: 0, width: '1/3', height: 1 } }));
    expect(parseTemplate(template([{ regions: thirds }]), 'mine.json').variants[0]?.regions).to.have.length(3);
  });
});
