import { expect } from 'chai';
import type { NetworkInterfaceInfo } from 'node:os';
import { defaultAnnouncedAddresses, defaultUdpHosts, isLoopback, splitAddresses } from '../../src/addresses.js';

function address(text: string, family: 'IPv4' | 'IPv6', internal = false): NetworkInterfaceInfo {
  const common = { address: text, internal, netmask: '', mac: '', cidr: null };
  return family === 'IPv4' ? { ...common, family } : { ...common, family, scopeid: 0 };
}

const interfaces = { lo: [address('127.0.0.1', 'IPv4', true), address('::1', 'IPv6', true)], eth0: [address('192.0.2.7', 'IPv4'), address('fe80::1', 'IPv6')], wlan0: [address('2001:db8::7', 'IPv6'), address('198.51.100.7', 'IPv4')] };

describe('addresses', () => {
  it('tell a server that only this machine reaches', () => {
    for (const host of ['127.0.0.1', '127.8.8.8', 'localhost', '::1']) expect(isLoopback(host), host).to.equal(true);
    for (const host of ['0.0.0.0', '::', '192.0.2.7', 'example.org', '127.0.0.1.example.org', '1127.0.0.1']) expect(isLoopback(host), host).to.equal(false);
  });

  it('are announced as narrowly as HTTP listens', () => {
    expect(defaultAnnouncedAddresses('127.0.0.1', interfaces)).to.deep.equal(['127.0.0.1']);
    expect(defaultAnnouncedAddresses('0.0.0.0', interfaces)).to.deep.equal(['192.0.2.7', '198.51.100.7', '2001:db8::7']);
    expect(defaultAnnouncedAddresses('0.0.0.0', {})).to.deep.equal(['127.0.0.1']);
    expect(defaultAnnouncedAddresses('::1', interfaces)).to.deep.equal(['::1']);
    expect(['localhost', '::1', '0.0.0.0'].map(defaultUdpHosts)).to.deep.equal([['127.0.0.1'], ['::1'], ['0.0.0.0', '::']]);
  });

  it('are written one after the other', () => {
    expect([splitAddresses(''), splitAddresses('192.0.2.7, 2001:db8::7')]).to.deep.equal([[], ['192.0.2.7', '2001:db8::7']]);
  });
});
