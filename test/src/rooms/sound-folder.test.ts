import { mkdir, mkdtemp, open, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { SoundFolder } from '../../../src/rooms/sound-folder.js';
import { ManualTime } from '../../support/manual-time.js';

describe('SoundFolder', () => {
  let root: string;
  let folder: string;
  let sounds: SoundFolder;
  const time = new ManualTime();

  before(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), 'tessera-sound-folder-')));
    folder = join(root, 'sounds');
    await mkdir(join(folder, 'inner.wav'), { recursive: true });
    await mkdir(join(folder, 'more'));
    for (const file of ['chime.wav', 'Звонок.ogg', '.hidden.wav', 'notes.txt', 'more/deep.mp3']) await writeFile(join(folder, file), 'sound');
    await writeFile(join(root, 'secret.wav'), 'secret');
    await mkdir(join(root, 'sounds-of-others'));
    await writeFile(join(root, 'sounds-of-others', 'theirs.wav'), 'theirs');
    await symlink(join(folder, 'more', 'deep.mp3'), join(folder, 'within.mp3'));
    await symlink('../secret.wav', join(folder, 'out.wav'));
    await symlink(join(root, 'sounds-of-others', 'theirs.wav'), join(folder, 'theirs.wav'));
    await symlink('nowhere.wav', join(folder, 'broken.wav'));
    spawnSync('mkfifo', [join(folder, 'pipe.wav')]);
    const large = await open(join(folder, 'large.flac'), 'w');
    await large.truncate(256 * 1024 * 1024 + 1);
    await large.close();
    sounds = new SoundFolder({ folder, holdFile: 'chime.wav', time });
  });
  after(() => rm(root, { recursive: true }));

  async function codeOf(name: string): Promise<unknown> {
    return sounds.find(name).then(
      () => 'found',
      (error: unknown) => (error as { code?: unknown }).code ?? error,
    );
  }

  it('lists what can be played, by name', async () => {
    expect(await sounds.list()).to.deep.equal([
      { file: 'chime.wav', bytes: 5 },
      { file: 'within.mp3', bytes: 5 },
      { file: 'Звонок.ogg', bytes: 5 },
    ]);
  });

  it('lists once in two seconds, however many ask, and plays what is new at once', async () => {
    const many = new SoundFolder({ folder, holdFile: '', time });
    const first = many.list();
    expect(many.list(), 'while it is being made').to.equal(first);
    const before = await first;
    await writeFile(join(folder, 'new.wav'), 'sound');
    time.advance(1999);
    expect(many.list()).to.equal(first);
    expect((await many.find('new.wav')).file).to.equal('new.wav');
    time.advance(1);
    const after = await many.list();
    await rm(join(folder, 'new.wav'));
    expect(after.map(({ file }) => file)).to.have.members([...before.map(({ file }) => file), 'new.wav']);
  });

  it('finds a file, also by a link that stays within', async () => {
    expect(await sounds.find('chime.wav')).to.deep.equal({ file: 'chime.wav', path: join(folder, 'chime.wav') });
    expect(await sounds.find('Звонок.ogg')).to.deep.equal({ file: 'Звонок.ogg', path: join(folder, 'Звонок.ogg') });
    expect(await sounds.find('within.mp3')).to.deep.equal({ file: 'within.mp3', path: join(folder, 'more', 'deep.mp3') });
  });

  const badNames = ['', '.', '..', '.wav', '.hidden.wav', '../secret.wav', 'more/deep.mp3', 'more\\deep.mp3', '/etc/passwd', `${'a'.repeat(130)}.wav`, 'chime', 'notes.txt', 'chime.wav\0.txt', 'chi\nme.wav', 'chime.wav/', 'http://example.org/a.wav', 'con\u202ecat.wav'];
  for (const name of badNames) {
    it(`takes ${JSON.stringify(name.slice(0, 40))} for no name`, async () => {
      expect(await codeOf(name)).to.equal('invalid_sound_name');
    });
  }

  for (const name of ['missing.wav', 'inner.wav', 'out.wav', 'theirs.wav', 'broken.wav', 'pipe.wav', 'concat:chime.wav']) {
    it(`has no ${name}`, async () => {
      expect(await codeOf(name)).to.equal('sound_not_found');
    });
  }

  it('refuses what is too large', async () => {
    expect(await codeOf('large.flac')).to.equal('sound_too_large');
  });

  it('may be missing', async () => {
    const none = new SoundFolder({ folder: join(root, 'none'), holdFile: 'chime.wav', time });
    expect(await none.list()).to.deep.equal([]);
    expect(await none.findForHold()).to.equal(null);
    expect(await none.find('chime.wav').catch((error: unknown) => error)).to.include({ code: 'sound_not_found' });
  });

  it('has a file for who is put on hold, or silence', async () => {
    expect(await sounds.findForHold()).to.deep.equal({ file: 'chime.wav', path: join(folder, 'chime.wav') });
    expect(await new SoundFolder({ folder, holdFile: '', time }).findForHold()).to.equal(null);
    expect(await new SoundFolder({ folder, holdFile: 'gone.wav', time }).findForHold()).to.equal(null);
  });
});
