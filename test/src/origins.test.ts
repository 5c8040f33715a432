import { expect } from 'chai';
import { AllowedOrigins, isOriginOrEvery } from '../../src/origins.js';

describe('AllowedOrigins', () => {
  const every = new AllowedOrigins(['*']);
  const meet = new AllowedOrigins(['https://meet.example.org']);
  const named = new AllowedOrigins([], 'MyHost');
  const none = new AllowedOrigins([]);

  for (const [allowed, origin, host, isAllowed] of [
    [every, 'https://evil.example', '127.0.0.1:8080', true],
    [every, 'null', undefined, true],
    [meet, 'https://meet.example.org', '127.0.0.1:8080', true],
    [meet, 'http://meet.example.org', '127.0.0.1:8080', false],
    [meet, 'https://meet.example.org.evil.example', '127.0.0.1:8080', false],
    [meet, 'https://evil.example', '127.0.0.1:8080', false],
    // A sandboxed frame, or a file.
    [meet, 'null', '127.0.0.1:8080', false],
    // No browser.
    [meet, undefined, '127.0.0.1:8080', true],
    [meet, undefined, 'meet.example.org', true],
    [meet, 'https://meet.example.org', 'meet.example.org:443', true],
    [meet, undefined, undefined, false],
    [none, '', '[::1]', true],
    // Its own pages.
    [none, 'http://127.0.0.1:8080', '127.0.0.1:8080', true],
    [none, 'http://localhost:8080', 'localhost:8080', true],
    [none, 'http://[::1]:8080', '[::1]:8080', true],
    [none, 'https://192.0.2.7', '192.0.2.7', true],
    [none, 'http://127.0.0.1:3000', '127.0.0.1:8080', false],
    [none, 'http://127.0.0.1:8080', undefined, false],
    // The name that it listens on.
    [named, 'http://myhost:8080', 'myhost:8080', true],
    [named, undefined, 'MYHOST:8080', true],
    [named, 'http://evil.example:8080', 'evil.example:8080', false],
    // A name that a stranger lets point here.
    [none, 'http://evil.example:8080', 'evil.example:8080', false],
    [none, undefined, 'evil.example:8080', false],
    [meet, undefined, 'evil.example:8080', false],
    [meet, undefined, '127.0.0.1.evil.example', false],
  ] as const) {
    it(`${isAllowed ? 'lets in' : 'refuses'} ${String(origin)} at ${String(host)}`, () => {
      expect(allowed.allow(origin, host)).to.equal(isAllowed);
    });
  }

  it('are written as browsers write them', () => {
    for (const good of ['*', 'https://meet.example.org', 'http://localhost:3000', 'http://[::1]:8080']) expect(isOriginOrEvery(good), good).to.equal(true);
    for (const bad of ['', 'meet.example.org', 'https://meet.example.org/', 'https://Meet.example.org', 'https://meet.example.org:443', 'ftp://x', 'null']) expect(isOriginOrEvery(bad), bad).to.equal(false);
  });
});
