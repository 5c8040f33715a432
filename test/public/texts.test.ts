import { expect } from 'chai';
import { AppError, errorTable } from '../../src/errors.js';
import { parseDisplayName } from '../../src/names.js';
import { importPublic } from '../support/static-files.js';

function serverMistake(name: string): string {
  try {
    parseDisplayName(name);
    return '';
  } catch (error) {
    return error instanceof AppError ? error.message : String(error);
  }
}

describe('pages: texts', () => {
  it('write durations, sizes and bitrates', async () => {
    const { clockText, bytesText, bitrateText, titleText } = (await importPublic('ui/format.js')) as Record<string, (value: unknown) => string>;
    expect([0, 999, 1000, 59_999, 60_000, 83_000, 3_599_999, 3_600_000, 3_723_000, -5].map((ms) => clockText?.(ms))).to.deep.equal(
      ['0:00', '0:00', '0:01', '0:59', '1:00', '1:23', '59:59', '1:00:00', '1:02:03', '0:00'],
    );
    expect([0, 999, 1000, 12_400_000, 250_000_000, 3e9].map((bytes) => bytesText?.(bytes))).to.deep.equal(['0 B', '999 B', '1.0 kB', '12.4 MB', '250 MB', '3.0 GB']);
    expect([0, 64_400, 999_000, 1_250_000].map((bps) => bitrateText?.(bps))).to.deep.equal(['0 kbps', '64 kbps', '999 kbps', '1.3 Mbps']);
    expect(['grid', 'one-big_left'].map((name) => titleText?.(name))).to.deep.equal(['Grid', 'One big left']);
  });

  it('make room names as the server takes them', async () => {
    const { isRoomName, toRoomName, roomOfPath } = (await importPublic('ui/room-name.js')) as {
      isRoomName: (name: string) => boolean;
      toRoomName: (typed: string) => string;
      roomOfPath: (path: string) => string;
    };
    expect(['lobby', 'a', '0-_.', 'x'.repeat(64)].every(isRoomName)).to.equal(true);
    expect(['', '-a', '.a', 'a b', 'ä', 'x'.repeat(65), '<b>'].some(isRoomName)).to.equal(false);
    expect(['Café team!', '  x ', '--', '日本', '.hidden', 'a'.repeat(80)].map(toRoomName)).to.deep.equal(['Cafe-team', 'x', '', '', 'hidden', 'a'.repeat(64)]);
    expect(['/r/lobby', '/v/a%2Eb', '/r/', '/r/%E0%A4%A'].map(roomOfPath)).to.deep.equal(['lobby', 'a.b', '', '']);
  });

  it('say of a person\'s name what the server would say of it', async () => {
    const { displayNameMistake } = (await importPublic('ui/display-name.js')) as { displayNameMistake: (typed: string) => string };
    const refused = ['', '  ', '\u200b', '<b>', 'Zoë <dev>', 'Ann</div', 'a\0b', 'a\u2028b', '\u202eannA', '\ud800', `a${'\u0301'.repeat(12)}`, 'x'.repeat(65), '👩‍👩‍👧‍👦'.repeat(65), 'x'.repeat(100_000)];
    for (const name of ['Ann', ' Zoë  Quill ', '<3', 'a < b', '👩‍👩‍👧‍👦'.repeat(64), 'x'.repeat(64), ...refused]) {
      expect(displayNameMistake(name), name.slice(0, 20)).to.equal(serverMistake(name));
    }
    expect(refused.map(displayNameMistake)).to.not.include('');
    expect(displayNameMistake('Zoë <dev>')).to.include('markup');
  });

  it('take initials from any script', async () => {
    const { initialsOf } = (await importPublic('ui/avatar.js')) as { initialsOf: (name: string) => string };
    expect(['Ann Marlow', 'ann', 'Björn von Ätherson', '王小明', '  ', '<b>Eve</b>', '👩‍🚀', 'Дмитрий Ильич'].map(initialsOf)).to.deep.equal(
      ['AM', 'A', 'BÄ', '王', '', 'B', '👩', 'ДИ'],
    );
  });

  it('read the viewer page\'s options', async () => {
    const { readViewerOptions } = (await importPublic('ui/viewer-options.js')) as { readViewerOptions: (search: string) => unknown };
    const byDefault = { muted: true, controls: true, autoplay: true, playsInline: true, disablePictureInPicture: false };
    expect(readViewerOptions('')).to.deep.equal(byDefault);
    expect(readViewerOptions('?muted=0&CONTROLS=False&autoplay=no&playsInline=0&disablepictureinpicture=YES')).to.deep.equal({
      muted: false,
      controls: false,
      autoplay: false,
      playsInline: false,
      disablePictureInPicture: true,
    });
    expect(readViewerOptions('?muted=&controls=2&autoplay=off&other=1')).to.deep.equal(byDefault);
  });

  it('read how much picture the address asks for', async () => {
    const { readMaxHeight } = (await importPublic('ui/max-height.js')) as { readMaxHeight: (search: string) => { readonly rows: number | undefined; readonly mistake: string } };
    const [none, given] = [['', '?maxHeight=', '?muted=0'].map(readMaxHeight), ['?maxHeight=360', '?muted=0&MAXHEIGHT=8192', '?maxHeight=1'].map(readMaxHeight)];
    expect(none).to.deep.equal(Array(3).fill({ rows: undefined, mistake: '' }));
    expect(given).to.deep.equal([360, 8192, 1].map((rows) => ({ rows, mistake: '' })));
    for (const text of ['0', 'abc', '8193', '-5', '1e3']) {
      const { rows, mistake } = readMaxHeight(`?maxHeight=${text}`);
      expect(rows, text).to.equal(undefined);
      expect(mistake, text).to.match(/^You get the whole picture: .* from 1 to 8192\.$/);
    }
  });

  it('know every error that they have words for', async () => {
    const { errorTexts } = (await importPublic('ui/messages.js')) as { errorTexts: Record<string, string> };
    const own = ['unreachable', 'media_failed', 'not_connected'];
    expect(Object.keys(errorTexts).filter((code) => !own.includes(code) && !Object.hasOwn(errorTable, code))).to.deep.equal([]);
  });
});
