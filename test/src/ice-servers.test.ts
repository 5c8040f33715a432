import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { IceServers, type IceServersOptions } from '../../src/ice-servers.js';
import { rootFolder } from '../support/root-folder.js';

function create(options: Partial<IceServersOptions>): IceServers {
  return new IceServers({ urls: [], turnUsername: '', turnPassword: '', turnSecret: '', turnCredentialMs: 3_600_000, time: { date: () => new Date(1_700_000_000_000) }, ...options });
}

const urls = ['stun:a.example', 'turn:b.example?transport=udp', 'turns:b.example'];

describe('IceServers', () => {
  it('are none without a configuration: no public server is ever named', () => {
    expect([create({}).for('ann'), create({}).linksFor('ann')]).to.deep.equal([[], []]);
  });

  it('get credentials of the session that expire, as coturn makes them from the same secret', () => {
    // echo -n '1700003600:ann' | openssl dgst -sha1 -hmac 'north' -binary | base64
    expect(create({ urls, turnSecret: 'north' }).for('ann')).to.deep.equal([
      { urls: ['stun:a.example'] },
      { urls: ['turn:b.example?transport=udp', 'turns:b.example'], username: '1700003600:ann', credential: 'TwqKCcbzejRFa1sgGqGS7SEzCGg=' },
    ]);
  });

  it('get the fixed credentials where there is no secret', () => {
    expect(create({ urls: ['turn:b.example'], turnUsername: 'u', turnPassword: 'p' }).for('ann')).to.deep.equal([{ urls: ['turn:b.example'], username: 'u', credential: 'p' }]);
  });

  it('are read by the page from Link headers as they are written here', async () => {
    const { readIceServers } = (await import(pathToFileURL(join(rootFolder, 'public/client/ice-servers.js')).href)) as { readonly readIceServers: (header: string | null) => unknown };
    const links = create({ urls, turnUsername: 'a "quoted", odd; \\name', turnPassword: 'p=1' }).linksFor('ann');
    expect(links).to.have.lengthOf(3);
    expect(readIceServers(['<https://example.org>; rel="next"', ...links].join(', '))).to.deep.equal([
      { urls: 'stun:a.example' },
      { urls: 'turn:b.example?transport=udp', username: 'a "quoted", odd; \\name', credential: 'p=1' },
      { urls: 'turns:b.example', username: 'a "quoted", odd; \\name', credential: 'p=1' },
    ]);
    expect([readIceServers(null), readIceServers('<<;;"')]).to.deep.equal([[], []]);
  });
});
