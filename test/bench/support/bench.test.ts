import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { isReached, median, ratioOf, type BenchRow } from '../../../bench/support/bench.js';
import { processTree, treeCpuSeconds, treeMemory } from '../../../bench/support/process-tree.js';

const row: BenchRow = { figure: 'x', value: 1.2, unit: 's', against: 'y', againstValue: 1, goal: undefined, doubt: '' };

describe('bench rows', () => {
  it('take the middle of the measurements', () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([7])]).to.deep.equal([2, 2.5, 7]);
    expect(() => median([])).to.throw(RangeError);
  });

  it('are held against a ratio, or against a number of their own', () => {
    expect([ratioOf(row), ratioOf({ ...row, againstValue: undefined }), ratioOf({ ...row, againstValue: 0 })]).to.deep.equal([1.2, undefined, undefined]);
    expect(isReached(row)).to.equal(undefined);
    expect(isReached({ ...row, goal: { most: 1.25, isRatio: true } })).to.equal(true);
    expect(isReached({ ...row, goal: { most: 1.1, isRatio: true } })).to.equal(false);
    expect(isReached({ ...row, againstValue: undefined, goal: { most: 1.25, isRatio: true } })).to.equal(undefined);
    expect(isReached({ ...row, value: 310, goal: { most: 300, isRatio: false } })).to.equal(false);
  });
});

describe('process tree', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tessera-test-'));
    await writeFile(join(folder, 'leaf.mjs'), `
      const endMs = performance.now() + 60;
      while (performance.now() < endMs);
      process.send('done');
      process.on('message', () => process.exit());
    `);
    await writeFile(join(folder, 'parent.mjs'), `
      import { fork } from 'node:child_process';
      const leaf = fork(new URL('leaf.mjs', import.meta.url));
      leaf.on('message', () => process.send('leaf done'));
      leaf.on('exit', () => process.send('leaf gone'));
      process.on('message', (word) => (word === 'end leaf' ? leaf.send('end') : process.exit()));
    `);
  });

  after(async () => {
    await rm(folder, { recursive: true });
  });

  it('counts the CPU of children, also after they have ended, and their memory while they live', async () => {
    const parent = fork(join(folder, 'parent.mjs'));
    const { pid = 0 } = parent;
    await once(parent, 'message');
    const alive = await processTree(pid);
    expect(alive.map(({ command }) => command.split('/').at(-1))).to.deep.equal(['parent.mjs', 'leaf.mjs']);
    const leafSeconds = alive[1]?.cpuSeconds ?? 0;
    expect(leafSeconds).to.be.greaterThan(0.04);
    const memory = await treeMemory(pid);
    expect(memory.map(({ pid: id }) => id)).to.deep.equal(alive.map(({ pid: id }) => id));
    for (const { pssBytes } of memory) expect(pssBytes).to.be.within(5e6, 200e6);
    parent.send('end leaf');
    await once(parent, 'message');
    expect(await processTree(pid)).to.have.lengthOf(1);
    // In the kernel's ticks of 10 ms: sums of them differ in the last bit.
    expect(await treeCpuSeconds(pid)).to.be.above((alive[0]?.cpuSeconds ?? 0) + leafSeconds - 0.005);
    parent.send('end');
    await once(parent, 'exit');
    const gone = await processTree(pid).catch((error: unknown) => error);
    expect(String(gone)).to.contain(`process ${pid} is gone`);
  });
});
