import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SeededRandom } from '../../../../bench/network/seeded-random.js';
import { addElements, multiplyElements, readElement, type FieldElement } from '../../../../src/rtp/srtp/gcm-field.js';
import { writePacketModule } from '../../../../src/rtp/srtp/packet-module.js';

const run = promisify(execFile);
const program = join(import.meta.dirname, '../../../support/packet-hash.js');
const blockBytes = 16;
/** From there on Node reads the relaxed form as any other, and may not know the word any more. */
const firstRelaxedNode = 21;

/** NIST SP 800-38D 6.4, by the definition. */
function hashOf(key: FieldElement, message: Buffer): string {
  let sum: FieldElement = [0, 0, 0, 0];
  for (let at = 0; at < message.length; at += blockBytes) sum = multiplyElements(addElements(sum, readElement(message.subarray(at))), key);
  const hash = Buffer.alloc(blockBytes);
  for (const [word, value] of sum.entries()) hash.writeInt32BE(value | 0, word * 4);
  return hash.toString('hex');
}

describe('the packet module', () => {
  const random = new SeededRandom(38);
  const bytes = (count: number): Buffer => Buffer.from(Array.from({ length: count }, () => random.next() * 256));
  const key = bytes(blockBytes);
  const messages = [1, 2, 3, 4, 5, 6, 7, 8, 9, 78, 79].map((blocks) => bytes(blocks * blockBytes));
  const needsWord = Number(process.versions.node.split('.')[0]) < firstRelaxedNode;

  it('is the relaxed one in each Node that we run on', async () => {
    await import('../../../../src/rtp/srtp/packet-memory.js');
    expect(WebAssembly.validate(writePacketModule(true))).to.equal(true);
  });

  it('is held against what NIST gives', () => {
    // SP 800-38D's second test case: the hash of one block of zeros under the key of zeros, and of its length.
    const element = readElement(Buffer.from('66e94bd4ef8a2c3b884cfa59ca342b2e', 'hex'));
    expect(hashOf(element, Buffer.from('0388dace60b6a392f328c2b971b2fe7800000000000000000000000000000080', 'hex'))).to.equal('f38cbb1ad69223dcc3457ae5b6b0f885');
  });

  for (const [form, words] of [['plain', []], ['relaxed', needsWord ? ['--experimental-wasm-relaxed-simd'] : []]] as const) {
    it(`hashes by the definition in its ${form} form, any number of blocks`, async () => {
      const { stdout } = await run(process.execPath, [...words, program, form, key.toString('hex'), ...messages.map((message) => message.toString('hex'))]);
      expect(stdout.trim().split('\n')).to.deep.equal(messages.map((message) => hashOf(readElement(key), message)));
    });
  }
});
