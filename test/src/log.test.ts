import { expect } from 'chai';
import { Log, type LogOptions } from '../../src/log.js';
import { ManualTime } from '../support/manual-time.js';

function logTo(lines: string[], options: Partial<LogOptions> = {}): Log {
  return new Log({ level: 'debug', format: 'human', time: new ManualTime(), write: (line) => lines.push(line), ...options });
}

describe('Log', () => {
  it('writes lines for people', () => {
    const lines: string[] = [];
    logTo(lines).child({ room: 'standup' }).warn('a room ended', { code: 3, signal: null, why: 'two words' });
    expect(lines).to.deep.equal(['09:59:59.000 WARN  a room ended room=standup code=3 signal=null why="two words"']);
  });

  it('writes JSON', () => {
    const lines: string[] = [];
    logTo(lines, { format: 'json' }).info('hello', { n: 1 });
    expect(JSON.parse(lines[0] ?? '')).to.deep.equal({ time: '2026-01-31T09:59:59.000Z', level: 'info', message: 'hello', n: 1 });
  });

  it('writes a stranger\'s text as one line that cannot pass for another', () => {
    const lines: string[] = [];
    logTo(lines).info('said', { text: 'a\n10:00:00.000 ERROR all is lost\x1b[31m', error: 'at line\x1b[2J' });
    expect(lines[0]).to.equal('09:59:59.000 INFO  said text="a\\n10:00:00.000 ERROR all is lost\\u001b[31m" error=at line?[2J');
  });

  it('leaves out what is below its level', () => {
    const lines: string[] = [];
    const log = logTo(lines, { level: 'warn' });
    log.debug('a');
    log.info('b');
    log.limited('info', 'c');
    log.warn('d');
    log.error('e');
    expect(lines.map((line) => line.slice(-1))).to.deep.equal(['d', 'e']);
  });

  it('limits each message by itself, also in children, and counts what it left out', () => {
    const lines: string[] = [];
    const time = new ManualTime();
    const log = logTo(lines, { time });
    for (let index = 0; index < 1000; index += 1) log.child({ socket: index }).limited('info', 'garbage');
    log.limited('info', 'other');
    expect(lines).to.have.length(2);
    time.advance(9999);
    log.limited('info', 'garbage');
    expect(lines).to.have.length(2);
    time.advance(1);
    log.limited('info', 'garbage');
    expect(lines.at(-1)).to.match(/garbage leftOut=1000$/);
  });

  it('writes hourly lines once an hour of each key, of 100 keys at most', () => {
    const lines: string[] = [];
    const time = new ManualTime();
    const log = logTo(lines, { time });
    const tell = (key: string): void => log.child({}).hourly('info', 'refused', key, { key });
    const newLines = (): string[] => lines.splice(0).map((line) => line.replace(/.*refused /, ''));
    for (const key of ['a', 'b', 'a']) tell(key);
    log.hourly('info', 'missing', 'a');
    expect(newLines()).to.deep.equal(['key=a', 'key=b', '09:59:59.000 INFO  missing']);
    time.advance(3_599_999);
    tell('a');
    expect(newLines()).to.deep.equal([]);
    time.advance(1);
    for (const key of ['a', 'b', 'a']) tell(key);
    expect(newLines()).to.deep.equal(['key=a', 'key=b']);
    // Whoever makes up keys fills no disk, and no memory; who comes after him is told of among his.
    for (let index = 0; index < 1000; index += 1) tell(`made-up-${index}`);
    expect(newLines()).to.have.length(99);
    time.advance(10_000);
    tell('c');
    expect(newLines()).to.deep.equal(['key=c leftOut=901']);
    time.advance(3_590_000);
    tell('d');
    tell('d');
    expect(newLines()).to.deep.equal(['key=d']);
  });

  it('remembers no hourly key for a line that is below its level', () => {
    const lines: string[] = [];
    const log = logTo(lines, { level: 'error' });
    log.hourly('warn', 'refused', 'a');
    expect(lines).to.deep.equal([]);
    log.hourly('error', 'refused', 'a');
    expect(lines).to.have.length(1);
  });
});
