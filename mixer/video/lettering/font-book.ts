// Finds the font files that a text needs and registers the packages they are in; a script that no name uses costs nothing.
import { GlobalFonts } from '@napi-rs/canvas';
import { graphemesOf, isEmoji } from './display-name.js';
import { holds, readFontFiles, type FontFile } from './font-package-files.js';
import { basicPackage, eastAsianTaste, emojiPackage, scriptPackages, type FontPackage } from './font-packages.js';

/** A text with what the canvas needs to draw it. */
export interface FontedText {
  /** The text given, but for characters that no font holds: a plainer form stands for them (𝓙𝓸 becomes Jo), marks are dropped. */
  readonly text: string;
  /** Value of a CSS `font-family`. */
  readonly families: string;
  /** BCP 47; picks the shapes of Han characters and keeps the host's own language out of the picture. */
  readonly language: string;
  /** Characters that no package holds. The system's fonts may have them; else a box is drawn. */
  readonly missing: readonly string[];
}

/** Drawn by whatever font draws their neighbours. */
const needsNoFont = /[\s\u200c\u200d\ufe00-\ufe0f\u{e0020}-\u{e007f}]/u;
/** An accent that may stand on letters of any script. */
const looseMark = /(?=\p{Script=Inherited})\p{M}/u;
const ellipsis = '…';

const filesByPackage = new Map<string, readonly FontFile[]>();
const familyOf = new Map<FontFile, string>();

/** Registers the packages that this text is the first to need, which takes up to 0.3 s; later texts take some microseconds. */
export function chooseFonts(text: string): FontedText {
  const { language, packages } = eastAsianTaste(text);
  const plain = [basicPackage, ...scriptPackages, ...packages];
  const { letters, emoji } = splitCodePoints(text + ellipsis);
  const files = new Set<FontFile>();
  const missing = takeFiles(plain, letters, files);
  const plainer = new Map<number, string>();
  for (const codePoint of missing) {
    const character = String.fromCodePoint(codePoint);
    // A mark without a glyph would be drawn as a box over its letter: it is better left out.
    const compatible = looseMark.test(character) ? '' : character.normalize('NFKC');
    if (compatible === character) emoji.add(codePoint);
    else plainer.set(codePoint, compatible);
  }
  if (plainer.size > 0) takeFiles(plain, splitCodePoints([...plainer.values()].join('')).letters, files);
  // Last in the list: the emoji font also holds digits, which belong to key caps only.
  const unknown = takeFiles([emojiPackage], emoji, files);
  return {
    text: plainer.size === 0 ? text : Array.from(text, (character) => plainer.get(character.codePointAt(0) ?? 0) ?? character).join(''),
    families: Array.from(files, (file) => `"${familyOf.get(file) ?? ''}"`).join(', '),
    language,
    missing: Array.from(unknown, (codePoint) => String.fromCodePoint(codePoint)),
  };
}

function splitCodePoints(text: string): { letters: Set<number>; emoji: Set<number> } {
  const letters = new Set<number>();
  const emoji = new Set<number>();
  for (const grapheme of graphemesOf(text)) {
    const kind = isEmoji(grapheme) ? emoji : letters;
    for (const character of grapheme) if (!needsNoFont.test(character)) kind.add(character.codePointAt(0) ?? 0);
  }
  return { letters, emoji };
}

/** Adds to `files` those that hold a code point which no earlier package holds. Returns those that no package holds. */
function takeFiles(packages: readonly FontPackage[], codePoints: ReadonlySet<number>, files: Set<FontFile>): Set<number> {
  const missing = new Set(codePoints);
  for (const { name, draws } of packages) {
    const wanted = [...missing];
    if (!wanted.some((codePoint) => draws.test(String.fromCodePoint(codePoint)))) continue;
    for (const file of filesOf(name)) {
      // Files of one package overlap, and all that hold a wanted one are taken: an accent must be at hand in the file of its letter.
      const held = wanted.filter((codePoint) => holds(file, codePoint));
      if (held.length > 0) files.add(file);
      for (const codePoint of held) missing.delete(codePoint);
    }
  }
  return missing;
}

/**
 * Registers all files of a package at its first use (2.5 ms each, 120 files at most). One by one when a text needs it would be quicker but is dear:
 * at each registration @napi-rs/canvas 1.1.1 opens all fonts in use anew and keeps the old ones too (62 files: 90 MB instead of 25).
 */
function filesOf(packageName: string): readonly FontFile[] {
  const known = filesByPackage.get(packageName);
  if (known !== undefined) return known;
  const files = readFontFiles(packageName);
  filesByPackage.set(packageName, files);
  for (const file of files) {
    const family = `Tessera ${familyOf.size}`;
    if (GlobalFonts.registerFromPath(file.path, family) === null) throw new Error(`${file.path} is no font that can be read.`);
    familyOf.set(file, family);
  }
  return files;
}
