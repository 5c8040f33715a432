// As the server's `src/names.ts` decides it, so that a form can say what is wrong before anybody is sent away; a test holds the two against each other.
const maxCharacters = 64;
const maxUnits = 1000;
const visibleCharacter = /[\p{L}\p{N}\p{P}\p{S}]/u;
const markup = /<[A-Za-z/!?]/;
const forbiddenCharacters = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069\uFFFE\uFFFF]|\p{M}{9}/u;

/** @param {string} typed @returns {string} what is wrong with it as a person's name, in words for him; empty when it can be one */
export function displayNameMistake(typed) {
  const name = typed.slice(0, maxUnits).normalize('NFC').replace(/[\t\n\r\p{Zs}]+/gu, ' ').trim();
  if (typed.length > maxUnits) return 'A display name has at most 64 characters.';
  if (!visibleCharacter.test(name)) return 'A display name needs a character that can be seen.';
  if (markup.test(name)) return 'A display name has no markup, as in “<b>”: leave out the “<”.';
  if (forbiddenCharacters.test(name)) return 'A display name has no control characters, no marks that turn the direction of writing, and no towers of accents.';
  return countCharacters(name) > maxCharacters ? 'A display name has at most 64 characters.' : '';
}

/** Of what people count as characters: a flag or a family is one. Browsers that cannot tell leave it to the server. @param {string} name */
function countCharacters(name) {
  if (Intl.Segmenter === undefined) return 0;
  return [...new Intl.Segmenter('und', { granularity: 'grapheme' }).segment(name)].length;
}
