import { expect } from 'chai';
import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { noVectorsAdvice } from '../../src/processor.js';

const mainModule = join(import.meta.dirname, '../../src/main.js');

/** Only what a test says, so that the developer's own settings do not matter. */
function run(env: NodeJS.ProcessEnv, nodeArguments: readonly string[] = []): { child: ChildProcess; stdout: Promise<string>; stderr: Promise<string>; exit: Promise<unknown[]>; firstLines: Promise<string> } {
  const child = spawn(process.execPath, [...nodeArguments, mainModule], { env: { PATH: process.env['PATH'], TESSERA_HTTP_PORT: '0', ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const firstLines = new Promise<string>((resolve) => {
    let heard = '';
    child.stdout.on('data', (chunk: Buffer) => {
      heard += chunk.toString('utf8');
      if (heard.split('\n').length > 2) resolve(heard);
    });
  });
  return { child, firstLines, stdout: text(child.stdout), stderr: text(child.stderr), exit: once(child, 'exit') };
}

async function takeUdpPort(): Promise<[port: number, close: () => void]> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return [socket.address().port, () => socket.close()];
}

async function takeTcpPort(): Promise<[port: number, close: () => void]> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return [(server.address() as AddressInfo).port, () => server.close()];
}

describe('main', () => {
  it('prints its address, serves there, and ends in order on SIGTERM', async () => {
    const { child, firstLines, stdout, exit } = run({});
    const [, url = ''] = /^Tessera listens on (http:\/\/127\.0\.0\.1:\d+)\nOnly this machine reaches it, because there are no access tokens yet; .*\n$/.exec(await firstLines) ?? [];
    expect(url).to.not.equal('');
    expect((await fetch(`${url}/api/rooms`)).status).to.equal(200);
    child.kill('SIGTERM');
    expect(await exit).to.deep.equal([0, null]);
    // Nothing but the address belongs there.
    expect((await stdout).split('\n')).to.have.length(3);
  });

  it('ends on Ctrl+C, and warns of whom it lets in when it listens to everyone', async () => {
    const { child, firstLines, stderr, exit } = run({ TESSERA_HTTP_HOST: '0.0.0.0', TESSERA_PORT: 'tcp://10.0.0.1:80' });
    expect(await firstLines).to.match(/^Tessera listens on http:\/\/0\.0\.0\.0:\d+\nWhoever reaches this address may use it/);
    child.kill('SIGINT');
    expect(await exit).to.deep.equal([0, null]);
    expect(await stderr).to.include('TESSERA_PORT is set, and there is no such option');
  });

  it('ends its rooms in order where Ctrl+C reaches it twice, as under npm', async () => {
    const { child, firstLines, stderr, exit } = run({});
    const [, url = ''] = /^Tessera listens on (\S+)/.exec(await firstLines) ?? [];
    const created = await fetch(`${url}/api/rooms`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"name":"lobby"}' });
    expect(created.status).to.equal(201);
    const isEnding = new Promise<void>((resolve) => child.stderr?.on('data', (chunk: Buffer) => {
      if (chunk.includes('ending')) resolve();
    }));
    child.kill('SIGINT');
    await isEnding;
    child.kill('SIGINT');
    expect(await exit).to.deep.equal([0, null]);
    const told = (await stderr).split('\n');
    expect(['ending', 'room closed'].map((message) => told.filter((line) => line.includes(message)).length)).to.deep.equal([1, 1]);
  });

  // No other processor can be told to hide its vectors.
  if (process.arch === 'x64') {
    it('does not start on a processor in which it could not encrypt, and says so', async () => {
      const { exit, stdout, stderr } = run({}, ['--no-enable-sse4-1']);
      expect(await exit).to.deep.equal([1, null]);
      expect([await stdout, await stderr]).to.deep.equal(['', `${noVectorsAdvice}\n`]);
    });
  }

  it('does not start with mistakes in the configuration, and lists them', async () => {
    const { exit, stdout, stderr } = run({ TESSERA_HTTP_PORT: 'http', TESSERA_LOG_LEVEL: 'loud' });
    expect(await exit).to.deep.equal([1, null]);
    expect(await stdout).to.equal('');
    expect((await stderr).trim().split('\n')).to.deep.equal(['The configuration has 2 mistakes:', '  - TESSERA_HTTP_PORT must be a whole number, 0 to 65535; it is "http"', '  - TESSERA_LOG_LEVEL must be one of debug, info, warn, error; it is "loud"']);
  });

  it('lists what the machine has to say together with what is wrong in itself', async () => {
    const { exit, stderr } = run({ TESSERA_HTTP_PORT: 'abc', TESSERA_ROOMS_LAYOUT: 'nosuch', TESSERA_RECORDINGS_FOLDER: '/proc/x', TESSERA_FFMPEG_PATH: '/nonexistent', TESSERA_UDP_HOST: '203.0.113.9' });
    expect(await exit).to.deep.equal([1, null]);
    const lines = (await stderr).trim().split('\n');
    expect(lines[0]).to.equal('The configuration has 5 mistakes:');
    for (const name of ['TESSERA_HTTP_PORT', 'rooms.layout', 'recordings.folder', 'ffmpeg.path', 'udp.host']) expect(lines.filter((line) => line.includes(`- ${name}`)), name).to.have.length(1);
  });

  it('says that a folder for recordings is a file', async () => {
    const { exit, stderr } = run({ TESSERA_RECORDINGS_FOLDER: join(import.meta.dirname, 'main.test.js') });
    expect(await exit).to.deep.equal([1, null]);
    expect(await stderr).to.include('main.test.js" (ENOTDIR: it is a file, or lies below one)');
  });

  for (const program of ['/bin/true', '/bin/cat', '/bin/sh']) {
    it(`does not start with ${program} for an FFmpeg`, async () => {
      const { exit, stderr } = run({ TESSERA_FFMPEG_PATH: program });
      expect(await exit).to.deep.equal([1, null]);
      expect(await stderr).to.match(new RegExp(`ffmpeg\\.path \\(TESSERA_FFMPEG_PATH or FFMPEG_PATH\\) names a program that is no FFmpeg, by what it answers to -version: "${program}"\n$`));
    });
  }

  it('does not start with a layout that there is not', async () => {
    const { exit, stderr } = run({ TESSERA_ROOMS_LAYOUT: 'mosaic' });
    expect(await exit).to.deep.equal([1, null]);
    expect(await stderr).to.match(/rooms\.layout \(TESSERA_ROOMS_LAYOUT\) must be one of .*grid.*; it is "mosaic"\n$/);
  });

  it('says that its port is taken', async () => {
    const [port, close] = await takeTcpPort();
    const { exit, stderr } = run({ TESSERA_HTTP_PORT: String(port) });
    const [code] = await exit;
    close();
    expect(code).to.equal(1);
    expect(await stderr).to.equal(`listen EADDRINUSE: address already in use 127.0.0.1:${port}\nSet TESSERA_HTTP_PORT to another one, or to 0 for any that is free.\n`);
  });

  it('says that an address is not this machine\'s', async () => {
    const { exit, stderr } = run({ TESSERA_HTTP_HOST: '203.0.113.10' });
    expect(await exit).to.deep.equal([1, null]);
    expect(await stderr).to.match(/^listen EADDRNOTAVAIL: [^\n]*\nThis machine does not have that address\. Set TESSERA_HTTP_HOST [^\n]*\n$/);
  });

  it('does not say that only this machine reaches it when it lies behind a proxy', async () => {
    const { child, firstLines, exit } = run({ TESSERA_HTTP_ALLOWED_ORIGINS: 'https://meet.example.org' });
    expect(await firstLines).to.match(/\nOnly this machine reaches it directly; what forwards to it, for https:\/\/meet\.example\.org, lets in everyone/);
    child.kill('SIGTERM');
    await exit;
  });

  for (const folder of ['/proc/recordings', '/proc/a/b', '/proc', join(import.meta.dirname, 'main.test.js'), join(import.meta.dirname, 'main.test.js/recordings')]) {
    it(`does not start with recordings in ${folder.replace(import.meta.dirname, '…')}, where none can be written`, async () => {
      const { exit, stderr } = run({ TESSERA_RECORDINGS_FOLDER: folder });
      expect(await exit).to.deep.equal([1, null]);
      const text = await stderr;
      expect(text).to.include(`recordings.folder (TESSERA_RECORDINGS_FOLDER) cannot be written to: "${folder}" (`);
    });
  }

  it('does not start with an address for media that this machine does not have', async () => {
    const { exit, stderr } = run({ TESSERA_UDP_HOST: '203.0.113.9' });
    expect(await exit).to.deep.equal([1, null]);
    expect(await stderr).to.match(/udp\.host \(TESSERA_UDP_HOST\) must be an address of this machine, and 203\.0\.113\.9 is none/);
  });

  for (const transport of ['UDP', 'TCP'] as const) {
    it(`does not start when others have all ports for media, over ${transport}`, async () => {
      const [port, close] = transport === 'UDP' ? await takeUdpPort() : await takeTcpPort();
      const { exit, stderr } = run({ TESSERA_UDP_PORT_MIN: String(port), TESSERA_UDP_PORT_MAX: String(port), TESSERA_ROOMS_MAX: '1' });
      const [code] = await exit;
      close();
      expect(code).to.equal(1);
      expect(await stderr).to.equal(`The configuration has a mistake:\n  - udp.portMin to udp.portMax (${port} to ${port}): others have taken every one of these ports on 127.0.0.1\n`);
    });
  }

  it('does not start with announced addresses that no media port serves', async () => {
    const { exit, stderr } = run({ TESSERA_UDP_ANNOUNCED_ADDRESSES: '2001:db8::5' });
    expect(await exit).to.deep.equal([1, null]);
    expect(await stderr).to.match(/udp\.announcedAddresses \(2001:db8::5\) has no address of the family of 127\.0\.0\.1/);
  });

  it('makes the folder for recordings with its parents, and leaves nothing in it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tessera-main-'));
    const { child, firstLines, exit } = run({ TESSERA_RECORDINGS_FOLDER: join(folder, 'a/b') });
    await firstLines;
    expect(readdirSync(join(folder, 'a/b'))).to.deep.equal([]);
    child.kill('SIGTERM');
    await exit;
    rmSync(folder, { recursive: true });
  });

  it('does not start with an FFmpeg that is not there', async () => {
    const { exit, stderr } = run({ TESSERA_FFMPEG_PATH: '/nowhere/ffmpeg' });
    expect(await exit).to.deep.equal([1, null]);
    expect(await stderr).to.match(/ffmpeg\.path \(TESSERA_FFMPEG_PATH or FFMPEG_PATH\) names no program that can be run: "\/nowhere\/ffmpeg"\n$/);
  });
});
