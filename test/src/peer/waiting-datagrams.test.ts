import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect } from 'chai';
import type { WaitingResult } from '../../support/waiting-datagrams.js';

/** Fewer than an unread socket takes. */
const sentDatagrams = 80;

describe('datagrams that wait', () => {
  it('are not written over by those that follow', async () => {
    const child = fork(join(import.meta.dirname, '../../support/waiting-datagrams.js'), [String(sentDatagrams)], { execArgv: ['--test-udp-no-try-send'] });
    const [{ waitedBytes, contents }] = (await once(child, 'message')) as [WaitingResult];
    expect(waitedBytes, 'they do wait').to.be.greaterThan(sentDatagrams * 500);
    expect(contents.toSorted((a, b) => a - b)).to.deep.equal(Array.from({ length: sentDatagrams }, (_, at) => at));
  });
});
