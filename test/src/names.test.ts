import { expect } from 'chai';
import { AppError } from '../../src/errors.js';
import { parseDisplayName, parseRoomName } from '../../src/names.js';

describe('parseRoomName', () => {
  for (const name of ['a', '0', 'Team-meeting_2.0', 'a'.repeat(64), 'a..b']) {
    it(`takes ${name}`, () => {
      expect(parseRoomName(name)).to.equal(name);
    });
  }

  for (const name of ['', ' ', '.', '..', '-a', '_a', 'a b', 'a/b', 'a\\b', 'a%2fb', 'a\0', 'a\n', 'ä', '<b>', 'a'.repeat(65), '\u202ea']) {
    it(`refuses ${JSON.stringify(name)}`, () => {
      expect(() => parseRoomName(name)).to.throw(AppError).with.property('code', 'invalid_room_name');
    });
  }
});

describe('parseDisplayName', () => {
  const taken: readonly [given: string, name: string][] = [
    ['Ann', 'Ann'],
    ['  Ann \t Smith\n', 'Ann Smith'],
    ['Jose\u0301', 'José'],
    ['محمد', 'محمد'],
    ['می\u200cخواهم', 'می\u200cخواهم'],
    ['สมชาย', 'สมชาย'],
    ['李雷', '李雷'],
    ['👩‍👩‍👧‍👦', '👩‍👩‍👧‍👦'],
    ['🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f} Fiona', '🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f} Fiona'],
    ['I <3 you', 'I <3 you'],
    ["O'Brien & Söhne", "O'Brien & Söhne"],
    ['👩‍👩‍👧‍👦'.repeat(64), '👩‍👩‍👧‍👦'.repeat(64)],
  ];
  for (const [given, name] of taken) {
    it(`takes ${JSON.stringify(given)}`, () => {
      expect(parseDisplayName(given)).to.equal(name);
    });
  }

  const refused = ['', '   ', '\u200b', '\u200d\u200d', '\ufe0f', 'a\0b', 'a\x07', 'a\x1b[31m', 'a\u2028b', '\u202eannA', 'a\u2066b', '\ud800', 'a\uffff', '<b>Ann</b>', 'Ann</div', '<!-- -->', `a${'\u0301'.repeat(12)}`, 'x'.repeat(65), '👩‍👩‍👧‍👦'.repeat(65), 'x'.repeat(100_000)];
  for (const name of refused) {
    it(`refuses ${JSON.stringify(name.slice(0, 20))} of ${name.length}`, () => {
      expect(() => parseDisplayName(name)).to.throw(AppError).with.property('code', 'invalid_participant_name');
    });
  }
});
