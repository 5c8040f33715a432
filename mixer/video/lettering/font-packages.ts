// Which font package draws which script. A fresh machine has no fonts; these come with `npm ci` (SIL Open Font License, 34 MB in all).

/** A package of web fonts: `index.css` lists its files, each with the code points it holds (`unicode-range`). */
export interface FontPackage {
  readonly name: string;
  /** Asked before the package is opened: its list of files is up to 100 KB. */
  readonly draws: RegExp;
}

const notoSans = (script: string, draws: RegExp): FontPackage => ({ name: `@fontsource-variable/noto-sans-${script}`, draws });

export const basicPackage: FontPackage = { name: '@fontsource-variable/noto-sans', draws: /./su };

/** COLRv1. Its files are cut so that each emoji sequence is whole in one of them. */
export const emojiPackage: FontPackage = { name: '@infolektuell/noto-color-emoji', draws: /\p{Emoji}/u };

export const scriptPackages: readonly FontPackage[] = [
  notoSans('arabic', /\p{Script=Arabic}/u),
  notoSans('armenian', /\p{Script=Armenian}/u),
  notoSans('bengali', /\p{Script=Bengali}/u),
  notoSans('ethiopic', /\p{Script=Ethiopic}/u),
  notoSans('georgian', /\p{Script=Georgian}/u),
  notoSans('gujarati', /\p{Script=Gujarati}/u),
  notoSans('gurmukhi', /\p{Script=Gurmukhi}/u),
  notoSans('hebrew', /\p{Script=Hebrew}/u),
  notoSans('kannada', /\p{Script=Kannada}/u),
  notoSans('khmer', /\p{Script=Khmer}/u),
  notoSans('lao', /\p{Script=Lao}/u),
  notoSans('malayalam', /\p{Script=Malayalam}/u),
  notoSans('myanmar', /\p{Script=Myanmar}/u),
  notoSans('oriya', /\p{Script=Oriya}/u),
  notoSans('sinhala', /\p{Script=Sinhala}/u),
  notoSans('tamil', /\p{Script=Tamil}/u),
  notoSans('telugu', /\p{Script=Telugu}/u),
  notoSans('thai', /\p{Script=Thai}/u),
];

/** The three write the same character in their own shapes. Each also holds symbols (★ ♪ →) that the others lack. */
const eastAsian = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\p{S}\p{P}\p{N}\uff00-\uffef]/u;
const japanese = notoSans('jp', eastAsian);
const korean = notoSans('kr', eastAsian);
const chinese = notoSans('sc', eastAsian);

/** What a text's own letters say about the shapes its Han characters want. */
export interface EastAsianTaste {
  readonly language: string;
  readonly packages: readonly FontPackage[];
}

/** Traditional characters come from the Chinese and Japanese packages too: 26 of Big5's 5,401 common ones are in none. */
export function eastAsianTaste(text: string): EastAsianTaste {
  if (/[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text)) return { language: 'ja', packages: [japanese, chinese, korean] };
  if (/\p{Script=Hangul}/u.test(text)) return { language: 'ko', packages: [korean, japanese, chinese] };
  return { language: /\p{Script=Han}/u.test(text) ? 'zh-Hans' : 'en', packages: [chinese, japanese, korean] };
}
