import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';

const run = promisify(execFile);
const demoModule = fileURLToPath(new URL('../../scripts/demo.js', import.meta.url));
const pngSignature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

describe('npm run demo', function () {
  // Where nobody has run it before, FFmpeg encodes four pictures first.
  this.timeout(180_000);
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tessera-test-'));
  });

  after(async () => {
    await rm(folder, { recursive: true });
  });

  it('records four people, each seen in his quarter and heard', async () => {
    const { stdout } = await run(process.execPath, [demoModule, '--seconds', '6', '--folder', folder]);
    const quarters = { Red: /^6[24]\d+x3[56]\d\+[048]\+[04]$/, Green: /^6[24]\d+x3[56]\d\+64[048]\+[04]$/, Blue: /^6[24]\d+x3[56]\d\+[048]\+36[04]$/, Amber: /^6[24]\d+x3[56]\d\+64[048]\+36[04]$/ };
    for (const [name, quarter] of Object.entries(quarters)) {
      const row = stdout.split('\n').find((line) => line.startsWith(name) && line.includes(' Hz '));
      const [, place, seenSeconds, , heardSeconds] = row?.trim().split(/ {2,}/) ?? [];
      expect(place, stdout).to.match(quarter);
      expect(Number.parseFloat(seenSeconds ?? '')).to.be.greaterThan(2);
      expect(Number.parseFloat(heardSeconds ?? '')).to.be.greaterThan(1);
    }
    expect((await readFile(join(folder, 'mix.png'))).subarray(0, 8).equals(pngSignature)).to.equal(true);
    expect((await readFile(join(folder, 'mix.mp4'))).toString('latin1', 4, 8)).to.equal('ftyp');
  });

  it('answers a mistake with one sentence', async () => {
    const refused = (await run(process.execPath, [demoModule, '--seconds', 'long']).catch((error: unknown) => error)) as { code: number; stderr: string };
    expect([refused.code, refused.stderr]).to.deep.equal([2, '--seconds is a whole number from 2 to 3600, not "long".\n']);
  });
});
