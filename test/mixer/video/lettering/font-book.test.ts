import { expect } from 'chai';
import { chooseFonts } from '../../../../mixer/video/lettering/font-book.js';
import { drawPixels, setFont } from '../../../../mixer/video/lettering/text-canvas.js';

const sidePx = 64;

/** A grapheme's coverage, drawn alone in the fonts of the whole name. */
function ink(grapheme: string, name: string): Uint8ClampedArray {
  return drawPixels(sidePx, sidePx, (context) => {
    setFont(context, name, 32);
    context.textAlign = 'left';
    context.fillText(grapheme, 8, 44);
  }).filter((_, index) => index % 4 === 3);
}

const sum = (values: Uint8ClampedArray): number => values.reduce((total, value) => total + value, 0);
const difference = (a: Uint8ClampedArray, b: Uint8ClampedArray): number => a.reduce((total, value, index) => total + Math.abs(value - (b[index] ?? 0)), 0);

const names: Record<string, string> = {
  Latin: 'José Ďábel', Vietnamese: 'Nguyễn Ánh', Greek: 'Ωμέγα', Cyrillic: 'Дмитрий', Arabic: 'محمد', Hebrew: 'דוד', Devanagari: 'नमस्ते', Thai: 'สมชาย', Chinese: '王小明张', traditional: '臺灣龍',
  Japanese: '山田さくらカ', Korean: '김민수', Bengali: 'বাংলা', Tamil: 'தமிழ்', Telugu: 'తెలుగు', Kannada: 'ಕನ್ನಡ', Malayalam: 'മലയാളം', Gujarati: 'ગુજરાતી', Gurmukhi: 'ਪੰਜਾਬੀ', Oriya: 'ଓଡ଼ିଆ', Sinhala: 'සිංහල',
  Armenian: 'Հայերեն', Georgian: 'ქართული', Ethiopic: 'አማርኛ', Khmer: 'ខ្មែរ', Lao: 'ລາວ', Burmese: 'မြန်မာ', symbols: '★♪→', emoji: '🦊🇩🇪👍🏽❤️',
};

describe('chooseFonts', () => {
  for (const [script, name] of Object.entries(names)) {
    it(`draws ${script} from the packages, no boxes`, () => {
      // `missing` first: a developer's own fonts must not stand in for a package that a fresh machine would lack.
      expect(chooseFonts(name).missing).to.deep.equal([]);
      const box = ink('\u{10ffff}', name);
      expect(sum(box), 'the box itself draws').to.be.above(10_000);
      for (const grapheme of new Intl.Segmenter().segment(name)) {
        if (grapheme.segment.trim() === '') continue;
        const drawn = ink(grapheme.segment, name);
        expect(sum(drawn), `ink of ${grapheme.segment}`).to.be.above(10_000);
        expect(difference(drawn, box), `${grapheme.segment} against the box`).to.be.above(15_000);
      }
    });
  }

  it('tells what no package holds', () => {
    expect(chooseFonts('A\u{12000}').missing).to.deep.equal(['\u{12000}']);
  });

  it('draws plain letters for mathematical ones', () => {
    expect(chooseFonts('𝓙𝓸𝓱𝓷 𝔻𝕠𝕖')).to.include({ text: 'John Doe' });
  });

  it('leaves out marks that it has no glyph for', () => {
    expect(chooseFonts('a\u0337\u035cb').text).to.equal('ab');
  });

  it('shapes Han characters as the rest of the name does', () => {
    expect(['直', '直あ', '직直', 'Ann'].map((text) => chooseFonts(text).language)).to.deep.equal(['zh-Hans', 'ja', 'ko', 'en']);
    // 直 ends in a closed corner in Japan, in an open one in China.
    expect(difference(ink('直', '直'), ink('直', '直あ'))).to.be.above(4000);
  });

  it('joins Arabic letters', () => {
    const widthOf = (text: string): number => {
      const columns = new Array<number>(200).fill(0);
      drawPixels(200, sidePx, (context) => {
        setFont(context, text, 32);
        context.textAlign = 'left';
        context.fillText(text, 0, 44);
      }).forEach((value, index) => { if (index % 4 === 3) columns[((index - 3) / 4) % 200]! += value; });
      return columns.findLastIndex((value) => value > 0);
    };
    // Four letters that join are narrower than the four standing alone.
    expect(widthOf('محمد')).to.be.within(20, widthOf('م ح م د') - 20);
  });

  it('asks for no script that the text does not use', () => {
    expect(chooseFonts('Ann').families.split(', ')).to.have.length(1);
  });
});
