// Reads the list of font files of a package from its style sheet.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** One font file and the code points it holds. */
export interface FontFile {
  readonly path: string;
  /** First and last code point of each range, one after the other. */
  readonly ranges: Uint32Array;
}

const require = createRequire(import.meta.url);
const fontFace = /src:\s*url\(([^)]+)\)[^;]*;\s*unicode-range:\s*([^;]+);/g;

/** @throws where the package is not installed: it is a dependency like any other */
export function readFontFiles(packageName: string): readonly FontFile[] {
  const sheet = require.resolve(`${packageName}/index.css`);
  return Array.from(readFileSync(sheet, 'utf8').matchAll(fontFace), ([, file = '', ranges = '']) => ({
    path: join(dirname(sheet), file),
    ranges: parseRanges(ranges),
  }));
}

/** `U+0301,U+0400-045F` (CSS Fonts 4, section 4.5; none of the packages uses wildcards). */
function parseRanges(text: string): Uint32Array {
  return Uint32Array.from(
    text.split(',').flatMap((range) => {
      const [first = '', last = first] = range.trim().slice('U+'.length).split('-');
      return [Number.parseInt(first, 16), Number.parseInt(last, 16)];
    }),
  );
}

export function holds({ ranges }: FontFile, codePoint: number): boolean {
  for (let index = 0; index < ranges.length; index += 2) {
    const first = ranges[index];
    const last = ranges[index + 1];
    if (first !== undefined && last !== undefined && codePoint >= first && codePoint <= last) return true;
  }
  return false;
}
