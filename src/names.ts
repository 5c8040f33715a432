/** What rooms and people may be called: the one place that decides it, for HTTP, WHIP and WebSocket alike. */
import { AppError } from './errors.js';

/** `maxHeight`: more rows than any picture has. */
export const mostHeightPx = 8192;

/** ASCII, because a room name is a piece of URLs and of file names: 64 letters of other scripts would outgrow a file name's 255 bytes. */
const roomNamePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Of what people count as characters: a flag or a family is one. */
const maxDisplayCharacters = 64;
/** UTF-16 units before anything is counted: 64 of the longest emoji sequences that are in use fit. */
const maxDisplayUnits = 1000;
/** Vietnamese stacks 2 marks on a letter, Tibetan up to 5; more is a tower that covers the neighbouring tiles. */
const markTower = /\p{M}{9}/u;
/**
 * Control characters, line and paragraph separators, lone surrogates, and the marks that turn the direction of what follows (Trojan Source);
 * joiners, variation selectors and emoji tags stay allowed, Persian and flags need them.
 */
const forbiddenCharacters = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069\uFFFE\uFFFF]/u;
/** Pages and pictures escape names anyway; a tag is refused all the same, since it is no name. `<3` is none. */
const markup = /<[A-Za-z/!?]/;
const visibleCharacter = /[\p{L}\p{N}\p{P}\p{S}]/u;
const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/** What is said of a name that cannot be; the pages say the same (`public/ui/display-name.js`). */
const displayNameMistakes = {
  empty: 'A display name needs a character that can be seen.',
  tooLong: 'A display name has at most 64 characters.',
  markup: 'A display name has no markup, as in “<b>”: leave out the “<”.',
  characters: 'A display name has no control characters, no marks that turn the direction of writing, and no towers of accents.',
};

/** @throws {AppError} invalid_room_name */
export function parseRoomName(text: string): string {
  if (!roomNamePattern.test(text)) throw new AppError('invalid_room_name');
  return text;
}

/**
 * Any script, any emoji; white space at the ends falls away and becomes one space within.
 *
 * @returns the name in Unicode's composed form (NFC), so that equal looks are equal strings
 * @throws {AppError} invalid_participant_name
 */
export function parseDisplayName(text: string): string {
  if (text.length > maxDisplayUnits) throw new AppError('invalid_participant_name', displayNameMistakes.tooLong);
  const name = text.normalize('NFC').replace(/[\t\n\r\p{Zs}]+/gu, ' ').trim();
  const mistake = findMistake(name);
  if (mistake !== undefined) throw new AppError('invalid_participant_name', displayNameMistakes[mistake]);
  return name;
}

function findMistake(name: string): keyof typeof displayNameMistakes | undefined {
  if (!visibleCharacter.test(name)) return 'empty';
  if (markup.test(name)) return 'markup';
  if (forbiddenCharacters.test(name) || markTower.test(name)) return 'characters';
  return [...graphemes.segment(name)].length > maxDisplayCharacters ? 'tooLong' : undefined;
}
