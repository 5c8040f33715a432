import { expect } from 'chai';
import fc from 'fast-check';
import { graphemesOf, initialsOf, isRightToLeft, normaliseDisplayName } from '../../../../mixer/video/lettering/display-name.js';

const family = '👩‍👩‍👧‍👦';
const scotland = '🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}';

describe('normaliseDisplayName', () => {
  const cases: Record<string, [string, string]> = {
    'leaves names of many scripts alone': ['José Ωμέγα Щёголев محمد דוד हिन्दी สมชาย 王小明 김민수', 'José Ωμέγα Щёголев محمد דוד हिन्दी สมชาย 王小明 김민수'],
    'leaves markup alone, which is drawn and never parsed': ['<b>Bob</b> & "co"', '<b>Bob</b> & "co"'],
    'composes accents': ['Jose\u0301', 'José'],
    'makes one line of many': [' a\r\n\tb\u2028c\u00a0\u3000d ', 'a b c d'],
    'drops controls': ['a\u0000b\u0007c\u001b[31md\u0085\u009f', 'abc[31md'],
    'drops overrides, isolates and marks of direction': ['\u202eevil\u202c \u2066x\u2069\u200e\u200f\u061cy', 'evil xy'],
    'drops invisible characters': ['a\u00ad\u200b\u2060\ufeffb', 'ab'],
    'drops lone surrogates, private use and noncharacters': ['a\ud800b\udc00c\ue000\uffff\u{10ffff}\ufffdd', 'abcd'],
    'takes fillers for blanks': ['\u3164\u115f\u1160\uffa0\u2800', ''],
    'keeps the joiners of Persian and Indic names': ['فارسی\u200cزبان क्\u200dष', 'فارسی\u200cزبان क्\u200dष'],
    'drops joiners with nothing to join': ['\u200da\u200d \u200c\u200cb\u200c', 'a b'],
    'keeps emoji sequences and flags': [`${family} ${scotland} 🇩🇪 ❤️ 1️⃣`, `${family} ${scotland} 🇩🇪 ❤️ 1️⃣`],
    'drops hidden text in tags': ['Ann\u{e0068}\u{e0069}', 'Ann'],
    'cuts towers of marks to four': [`z${'\u0337\u0335\u0361\u035c\u0489'.repeat(20)}o`, 'z\u0337\u0335\u035c\u0361o'],
    'gives nothing for nothing': ['', ''],
  };
  for (const [what, [given, wanted]] of Object.entries(cases)) it(what, () => expect(normaliseDisplayName(given)).to.equal(wanted));

  it('cuts after 63 graphemes and says so', () => {
    expect(normaliseDisplayName('x'.repeat(10_000))).to.equal(`${'x'.repeat(63)}…`);
    expect(graphemesOf(normaliseDisplayName(family.repeat(500)))).to.have.length(64);
    expect(normaliseDisplayName('x'.repeat(64))).to.equal('x'.repeat(64));
  });

  it('is bounded, clean and stable for any string', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)))).map((parts) => parts.join('')), (name) => {
        const shown = normaliseDisplayName(name);
        expect(graphemesOf(shown).length).to.be.at.most(64);
        expect(shown).to.not.match(/[\p{Cc}\p{Cs}\p{Co}\u202a-\u202e\u2066-\u2069\n]|^\s|\s$|\s\s/u);
        expect(initialsOf(shown) === '').to.equal(shown === '');
      }),
      { numRuns: 100 },
    );
  });
});

describe('initialsOf', () => {
  const cases: Record<string, string> = {
    'Ann Lee': 'AL', ann: 'A', 'jean-luc van den picard': 'JP', 'Ωμέγα παπά': 'ΩΠ', 'дмитрий щёголев': 'ДЩ', 'Ärzte Öl': 'ÄÖ', 'ß karl': 'ß', '(guest) _bob': 'GB', 'O\u2019Brien': 'O',
    'דוד כהן': 'דכ', 'محمد علي': 'م', 'श्रीमती क्षत्रिय': 'श्री', '山田 太郎': '山', 김민수: '김', 'ქართული ენა': 'ქ', '🦊 Fox': '🦊', [`${family} Smith`]: family, 'Ann 🦊': 'A', '🇩🇪 Team': '🇩🇪', '***': '*', '42nd Street': '4', '': '',
  };
  for (const [name, wanted] of Object.entries(cases)) it(`takes ${wanted === '' ? 'nothing' : wanted} of "${name}"`, () => expect(initialsOf(normaliseDisplayName(name))).to.equal(wanted));
});

describe('isRightToLeft', () => {
  it('goes by the first letter', () => {
    expect(['דוד Ann', '123 علي', 'Ann דוד', '123', '', '王'].map(isRightToLeft)).to.deep.equal([true, true, false, false, false, false]);
  });
});
