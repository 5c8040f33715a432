// The one place that decides what of a stranger's name is shown. Pure.

/** Enough for any real name; a label holds far less. Also bounds what the text renderer is ever given. */
const mostGraphemes = 64;

/** A grapheme may carry many code units; beyond this the rest of a hostile name is not even looked at. */
const mostCodeUnits = 1024;

/** Pointed Hebrew and stacked Vietnamese need three marks on a letter, Tibetan four; more is text that climbs out of its tile ("Zalgo"). */
const tooManyMarks = /(\p{M}{4})\p{M}+/gu;

/** Characters that draw nothing though Unicode calls them letters or symbols: Hangul fillers, the empty Braille cell. */
const blanks = /[\u115f\u1160\u2800\u3164\uffa0\s\p{Z}]+/gu;

/**
 * Controls, lone surrogates, private use, noncharacters, and all format characters: overrides of the writing direction reach past the name and forge others.
 * ZWNJ and ZWJ stay (Persian, Indic conjuncts, emoji families), tag characters are judged below.
 */
const unwanted = /(?![\u200c\u200d\u{e0020}-\u{e007f}])[\p{Cf}\p{Cs}\p{Co}]|(?!\s)\p{Cc}|[\ufdd0-\ufdef\ufffc\ufffd]|[\ufffe\uffff\u{1fffe}\u{1ffff}\u{10fffe}\u{10ffff}]/gu;

/** Tags spell the flags of England, Scotland and Wales after a black flag; anywhere else they are invisible text. */
const strayTags = /(?<![\u{1f3f4}\u{e0020}-\u{e007e}])[\u{e0020}-\u{e007f}]+/gu;

/** A joiner joins two characters: at an end or beside its like it has nothing to join. */
const strayJoiners = /(?<=^|[\s\u200c\u200d])[\u200c\u200d]+|[\u200c\u200d]+(?=$|\s)/gu;

const graphemeSegmenter = new Intl.Segmenter('und', { granularity: 'grapheme' });

const rightToLeft = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const firstLetter = /\p{L}/u;
const namesSomething = /[\p{L}\p{N}\p{Extended_Pictographic}\p{Regional_Indicator}]/u;
const emoji = /\p{Emoji_Presentation}|\p{Emoji}\ufe0f/u;
/** Scripts whose initials stand side by side; Arabic ones would join, a Han character is a whole word. */
const initialsInPairs = /^[\p{Lu}\p{Script=Hebrew}]/u;

/** Splits as a reader counts: an emoji family, a flag or a letter with its marks is one. */
export function graphemesOf(text: string): string[] {
  return Array.from(graphemeSegmenter.segment(text), ({ segment }) => segment);
}

/** Shown in colour: a face, a flag, a key cap; not a bare digit or ©. */
export function isEmoji(grapheme: string): boolean {
  return emoji.test(grapheme);
}

/** By the first letter, as a paragraph's direction is found (UAX 9, P2). */
export function isRightToLeft(text: string): boolean {
  const letter = firstLetter.exec(text)?.[0];
  return letter !== undefined && rightToLeft.test(letter);
}

/**
 * One line, no invisible or direction-changing characters, at most 64 graphemes (the last is then an ellipsis), NFC. Markup is left alone: it is drawn, never parsed.
 * @returns '' when nothing readable is left
 */
export function normaliseDisplayName(name: string): string {
  const clean = name
    .slice(0, mostCodeUnits)
    .normalize('NFC')
    .replace(unwanted, '')
    .replace(strayTags, '')
    .replace(blanks, ' ')
    .replace(strayJoiners, '')
    .replace(tooManyMarks, '$1')
    .trim();
  const graphemes = graphemesOf(clean);
  return graphemes.length <= mostGraphemes ? clean : `${graphemes.slice(0, mostGraphemes - 1).join('').trim()}…`;
}

/**
 * One or two graphemes that stand for a name: "Ann Lee" AL, "山田 太郎" 山, "🦊 Fox" 🦊.
 * @param name as normaliseDisplayName returns it
 * @returns '' for ''
 */
export function initialsOf(name: string): string {
  const starts = name
    .split(' ')
    .map((word) => graphemesOf(word).find((grapheme) => namesSomething.test(grapheme)))
    .filter((start) => start !== undefined)
    .map(toUpperCase);
  const [first = graphemesOf(name)[0] ?? ''] = starts;
  const last = starts.at(-1) ?? '';
  const paired = starts.length > 1 && !isEmoji(first) && initialsInPairs.test(first) && initialsInPairs.test(last);
  return paired ? first + last : first;
}

/** Georgian has capitals in Unicode that no Georgian writes names with; "ß" would become two letters. */
function toUpperCase(grapheme: string): string {
  if (/\p{Script=Georgian}/u.test(grapheme)) return grapheme;
  const upper = grapheme.toUpperCase();
  return graphemesOf(upper).length === 1 ? upper : grapheme;
}
