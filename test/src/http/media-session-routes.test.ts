import { expect } from 'chai';
import { errorTable, type ErrorCode } from '../../../src/errors.js';
import { cannedAnswer, clientCandidate, clientOffer } from '../../support/canned-media.js';
import { errorCode, startTestServer, type TestServer } from '../../support/test-server.js';

const sdpType = { 'Content-Type': 'application/sdp' };
const fragmentType = { 'Content-Type': 'application/trickle-ice-sdpfrag' };
const fragment = ['a=ice-ufrag:EsAw', 'a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1', 'm=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=mid:0', `a=${clientCandidate}`, 'a=end-of-candidates', ''].join('\r\n');

async function expectError(response: Response, code: ErrorCode): Promise<void> {
  expect(errorCode(await response.json())).to.equal(code);
  expect(response.status).to.equal(errorTable[code].status);
}

for (const kind of ['whip', 'whep'] as const) {
  describe(`${kind.toUpperCase()} sessions`, () => {
    let test: TestServer;

    before(async () => {
      test = await startTestServer({ config: { allowedOrigins: ['*'], iceServers: ['stun:stun.example.org:3478', 'turn:turn.example.net?transport=udp'], turnUsername: 'who"ever', turnPassword: 'hush' } });
      await test.server.registry.create('standup');
    });

    after(() => test.close());

    function post(path = `/${kind}/standup`, offer: string | Buffer = clientOffer, headers: Record<string, string> = sdpType): Promise<Response> {
      return test.fetch(path, { method: 'POST', headers, body: offer });
    }

    async function open(): Promise<{ url: string; etag: string }> {
      const response = await post();
      expect(response.status).to.equal(201);
      return { url: response.headers.get('Location') ?? '', etag: response.headers.get('ETag') ?? '' };
    }

    function patch(url: string, headers: Record<string, string>, body = fragment): Promise<Response> {
      return test.fetch(url, { method: 'PATCH', headers: { ...fragmentType, ...headers }, body });
    }

    async function askedFor(name: string): Promise<Record<string, unknown>[]> {
      const { asked } = (await (await test.server.registry.find('standup')).stats()) as { asked: { name: string; params: Record<string, unknown> }[] };
      return asked.filter((question) => question.name === name).map(({ params }) => params);
    }

    it('are made by an offer, which the room gets as it is', async () => {
      const response = await post();
      expect(response.status).to.equal(201);
      expect(response.headers.get('Content-Type')).to.equal('application/sdp');
      expect(await response.text()).to.equal(cannedAnswer);
      expect(response.headers.get('ETag')).to.match(/^"[^"]+"$/);
      const links = '<stun:stun.example.org:3478>; rel="ice-server", <turn:turn.example.net?transport=udp>; rel="ice-server"; username="who\\"ever"; credential="hush"; credential-type="password"';
      expect(response.headers.get('Link')).to.equal(links);
      const asked = await test.fetch(`/${kind}/standup`, { method: 'OPTIONS' });
      expect([asked.headers.get('Link'), asked.headers.get('Cache-Control')]).to.deep.equal([links, 'no-store']);
      const before = await test.fetch(`/${kind}/not-yet`, { method: 'OPTIONS' });
      expect(before.headers.get('Link'), 'credentials only for people of a room').to.equal('<stun:stun.example.org:3478>; rel="ice-server"');
      const preflight = await test.fetch(`/${kind}/standup`, { method: 'OPTIONS', headers: { 'Access-Control-Request-Method': 'POST' } });
      expect(preflight.headers.get('Link')).to.equal(null);
      expect(test.logLines.join('\n')).to.not.include('hush');
      expect(response.headers.get('Access-Control-Expose-Headers')).to.include('Location').and.include('ETag').and.include('Link').and.include('Tessera-Participant');
      const question = (await askedFor(kind === 'whip' ? 'publish' : 'view')).at(-1);
      expect(question).to.deep.include({ offer: clientOffer });
      const participant = response.headers.get('Tessera-Participant');
      // Public, and of no use for guessing the secret.
      if (kind === 'whip') expect(question?.['sessionId']).to.equal(participant);
      else expect(participant).to.equal(null);
      const secret = new RegExp(`^/${kind}/sessions/([A-Za-z0-9_-]+)$`).exec(response.headers.get('Location') ?? '')?.[1] ?? '';
      expect(Buffer.from(secret, 'base64url').length * 8).to.be.at.least(128);
      expect(secret).to.not.include(String(question?.['sessionId']));
    });

    it('take trickled candidates', async () => {
      const { url, etag } = await open();
      const response = await patch(url, { 'If-Match': etag });
      expect(response.status).to.equal(204);
      expect(response.headers.get('ETag')).to.equal(null);
      expect(await response.text()).to.equal('');
      expect((await askedFor('addCandidates')).at(-1)).to.deep.include({ candidates: [clientCandidate, ''] });
      expect((await patch(url, { 'If-Match': '*' })).status).to.equal(204);
      expect((await patch(url, { 'If-Match': `"other", ${etag}` })).status).to.equal(204);
    });

    it('want to know for which ICE session a candidate is', async () => {
      const { url, etag } = await open();
      const before = (await askedFor('addCandidates')).length;
      await expectError(await patch(url, {}), 'precondition_required');
      await expectError(await patch(url, { 'If-Match': '"other"' }), 'precondition_failed');
      await expectError(await patch(url, { 'If-Match': `W/${etag}` }), 'precondition_failed');
      expect((await askedFor('addCandidates')).length).to.equal(before);
    });

    it('restart ICE: new credentials for new ones, and a new entity tag', async () => {
      const { url, etag } = await open();
      const credentials = 'a=ice-ufrag:ysXw\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\n';
      const restart = `${credentials}m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:sound\r\na=${clientCandidate}\r\n`;
      const response = await patch(url, { 'If-Match': '*' }, restart);
      expect([response.status, response.headers.get('Content-Type')]).to.deep.equal([200, 'application/trickle-ice-sdpfrag']);
      const lines = (await response.text()).split('\r\n');
      expect(lines).to.include.members(['a=mid:sound', 'a=ice-ufrag:ysXw0', 'a=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k0', 'a=candidate:1 1 udp 7 192.0.2.1 9 typ host', 'a=end-of-candidates']);
      expect((await askedFor('restartIceFor')).at(-1)).to.deep.include({ iceUfrag: 'ysXw', icePassword: 'vw5LmwG4y/e6dPP/zAP9Gp5k', candidates: [clientCandidate] });
      const renewed = response.headers.get('ETag') ?? '';
      expect(renewed).to.match(/^"[^"]+"$/).and.not.equal(etag);
      await expectError(await patch(url, { 'If-Match': etag }, restart), 'precondition_failed');
      // The same credentials again only bring more candidates.
      expect((await patch(url, { 'If-Match': renewed }, restart)).status).to.equal(204);
      expect((await test.fetch(url, { method: 'DELETE' })).status).to.equal(200);
    });

    it('restart ICE one after another, and keep the entity tag that was answered last', async () => {
      const { url } = await open();
      const bodies = ['aaaa', 'bbbb', 'cccc'].map((ufrag) => `a=ice-ufrag:${ufrag}\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\n`);
      const responses = await Promise.all(bodies.map((body) => patch(url, { 'If-Match': '*' }, body)));
      expect(responses.map(({ status }) => status)).to.deep.equal([200, 200, 200]);
      const tags = responses.map(({ headers }) => headers.get('ETag') ?? '');
      expect(new Set(tags).size).to.equal(3);
      const more = `a=${clientCandidate}\r\n`;
      const statuses = await Promise.all(tags.map(async (tag) => (await patch(url, { 'If-Match': tag }, more)).status));
      expect(statuses.sort()).to.deep.equal([204, 412, 412]);
      // Which of those that come at once is the last is not the server's to say: of the credentials it must be the same.
      const last = (await askedFor('restartIceFor')).at(-1)?.['iceUfrag'];
      const tag = tags[bodies.findIndex((body) => body.includes(String(last)))] ?? '';
      expect((await patch(url, { 'If-Match': tag }, more)).status).to.equal(204);
    });

    it('do nothing of what a PATCH asks when they cannot do all of it', async () => {
      const { url, etag } = await open();
      const before = [await askedFor('restartIceFor'), await askedFor('addCandidates')].map(({ length }) => length);
      // A second attempt would wait for a restart that never was.
      await expectError(await patch(url, { 'If-Match': '*' }, `a=ice-ufrag:refused\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\na=${clientCandidate}\r\n`), 'invalid_candidate');
      expect((await askedFor('addCandidates')).length).to.equal(before[1]);
      expect((await patch(url, { 'If-Match': etag })).status).to.equal(204);
    });

    it('do not restart ICE with half of its credentials, or unreadable ones', async () => {
      const { url, etag } = await open();
      for (const half of ['a=ice-ufrag:ysXw\r\n', 'a=ice-ufrag:ysX\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\n', 'a=ice-ufrag:ysXw\r\na=ice-pwd:short\r\n', 'a=ice-ufrag:ysXw\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\na=mid:a b\r\n']) {
        await expectError(await patch(url, { 'If-Match': '*' }, half), 'invalid_candidate');
      }
      expect((await patch(url, { 'If-Match': etag })).status).to.equal(204);
    });

    const badFragments: readonly [string, string][] = [
      ['nothing', ''],
      ['prose', 'please connect me'],
      ['a candidate without a port', 'a=candidate:1 1 udp 2122260223 192.0.2.1 typ host'],
      ['a candidate of 2 kB', `a=${clientCandidate} ${'x'.repeat(2000)}`],
      ['101 candidates', `a=${clientCandidate}\r\n`.repeat(101)],
    ];
    for (const [what, body] of badFragments) {
      it(`refuse a fragment with ${what}`, async () => {
        const { url, etag } = await open();
        await expectError(await patch(url, { 'If-Match': etag }, body), 'invalid_candidate');
      });
    }

    it('refuse other kinds of patches', async () => {
      const { url, etag } = await open();
      const response = await test.fetch(url, { method: 'PATCH', headers: { ...sdpType, 'If-Match': etag }, body: fragment });
      expect(response.headers.get('Accept-Patch')).to.equal('application/trickle-ice-sdpfrag');
      await expectError(response, 'unsupported_media_type');
      await expectError(await patch(url, { 'If-Match': etag }, `${fragment}a=x:${'x'.repeat(70_000)}`), 'body_too_large');
    });

    it('end once', async () => {
      const { url } = await open();
      const before = (await askedFor('end')).length;
      expect((await test.fetch(url, { method: 'DELETE', headers: { 'If-Match': '"ignored"' } })).status).to.equal(200);
      expect((await askedFor('end')).length).to.equal(before + 1);
      await expectError(await test.fetch(url, { method: 'DELETE' }), 'session_not_found');
      await expectError(await patch(url, { 'If-Match': '*' }), 'session_not_found');
    });

    it('are found only under their own kind', async () => {
      const { url } = await open();
      const other = url.replace(kind, kind === 'whip' ? 'whep' : 'whip');
      await expectError(await test.fetch(other, { method: 'DELETE' }), 'session_not_found');
      expect((await test.fetch(url, { method: 'DELETE' })).status).to.equal(200);
    });

    it('tell browsers and tools what they take', async () => {
      const { url } = await open();
      const endpoint = await test.fetch(`/${kind}/standup`, { method: 'OPTIONS', headers: { Origin: 'https://example.org', 'Access-Control-Request-Method': 'POST' } });
      expect(endpoint.status).to.equal(200);
      expect(endpoint.headers.get('Accept-Post')).to.equal('application/sdp');
      expect(endpoint.headers.get('Access-Control-Allow-Origin')).to.equal('*');
      expect(endpoint.headers.get('Access-Control-Allow-Methods')).to.include('POST');
      const session = await test.fetch(url, { method: 'OPTIONS' });
      expect(session.headers.get('Access-Control-Allow-Methods')).to.include('PATCH').and.include('DELETE');
      expect(session.headers.get('Access-Control-Allow-Headers')).to.include('If-Match').and.include('Content-Type').and.include('Authorization');
    });

    it('have nothing to show', async () => {
      const { url } = await open();
      for (const path of [`/${kind}/standup`, url]) {
        const response = await test.fetch(path);
        expect([path, response.status, await response.text()]).to.deep.equal([path, 204, '']);
      }
    });

    it('name the methods they take', async () => {
      const { url } = await open();
      const endpoint = await test.fetch(`/${kind}/standup`, { method: 'PUT', headers: sdpType, body: clientOffer });
      expect(endpoint.headers.get('Allow')).to.include('POST').and.not.include('PUT');
      await expectError(endpoint, 'method_not_allowed');
      const session = await test.fetch(url, { method: 'POST', headers: sdpType, body: clientOffer });
      expect(session.headers.get('Allow')).to.include('PATCH').and.include('DELETE');
      await expectError(session, 'method_not_allowed');
    });

    const badOffers: readonly [string, string | Buffer, Record<string, string>, ErrorCode][] = [
      ['empty SDP', '', sdpType, 'sdp_empty'],
      ['blank SDP', ' \r\n', sdpType, 'sdp_empty'],
      ['1 MB of SDP', `v=0\r\n${'a=x\r\n'.repeat(210_000)}`, sdpType, 'sdp_too_large'],
      ['SDP that is none', 'hello', sdpType, 'sdp_invalid'],
      ['SDP that is no text', Buffer.from([0xff, 0xfe, 0x00]), sdpType, 'sdp_invalid'],
      ['JSON', '{}', { 'Content-Type': 'application/json' }, 'unsupported_media_type'],
      ['SDP of no type', clientOffer, { 'Content-Type': '' }, 'unsupported_media_type'],
      ['a wish for another answer', clientOffer, { ...sdpType, Accept: 'application/json' }, 'not_acceptable'],
    ];
    for (const [what, offer, headers, code] of badOffers) {
      it(`refuse ${what} with ${code}`, async () => {
        await expectError(await post(undefined, offer, headers), code);
      });
    }

    it('refuse a room that cannot be', async () => {
      await expectError(await post(`/${kind}/%3Cb%3E`), 'invalid_room_name');
      await expectError(await post(`/${kind}/..%2F..%2Fetc`), 'invalid_room_name');
    });

    it('end with their room', async () => {
      await test.server.registry.create('short');
      const response = await post(`/${kind}/short`);
      const url = response.headers.get('Location') ?? '';
      const before = test.server.sessions.size;
      process.kill((await test.server.registry.find('short')).pid, 'SIGUSR2');
      while (test.server.sessions.size !== before - 1) await new Promise((resolve) => setImmediate(resolve));
      await expectError(await test.fetch(url, { method: 'DELETE' }), 'session_not_found');
      await post(`/${kind}/short`);
      expect(test.server.sessions.size).to.equal(before);
      await test.server.registry.remove('short');
      expect(test.server.sessions.size).to.equal(before - 1);
    });
  });
}

describe('WHIP and WHEP', () => {
  let test: TestServer;

  before(async () => {
    test = await startTestServer({ config: { maxParticipants: 2, maxViewers: 1 } });
  });

  after(() => test.close());

  function post(path: string): Promise<Response> {
    return test.fetch(path, { method: 'POST', headers: sdpType, body: clientOffer });
  }

  it('make the room when somebody publishes, not when somebody looks for it', async () => {
    await expectError(await post('/whep/early'), 'room_not_found');
    expect((await post('/whip/early')).status).to.equal(201);
    expect((await post('/whep/early')).status).to.equal(201);
    const { participants } = (await test.server.registry.find('early')).describe();
    expect(participants.map(({ name, kind }) => [name, kind])).to.deep.equal([['Guest', 'whip']]);
  });

  it('give a participant his own mix under his id', async () => {
    const participant = (await post('/whip/own?name=Ann')).headers.get('Tessera-Participant') ?? '';
    expect((await post(`/whep/own?as=${participant}`)).status).to.equal(201);
    const { asked } = (await (await test.server.registry.find('own')).stats()) as { asked: { name: string; params: { participantId: string } }[] };
    expect(asked.at(-2)?.params.participantId).to.equal(participant);
    await expectError(await post('/whep/own?as=nobody'), 'participant_not_found');
  });

  it('are full at some point, and say when to come back', async () => {
    await post('/whip/full');
    await post('/whip/full');
    const refused = await post('/whip/full');
    expect(Number(refused.headers.get('Retry-After'))).to.be.greaterThan(0);
    await expectError(refused, 'room_full');
    await post('/whep/full');
    await expectError(await post('/whep/full'), 'room_full');
    expect((await test.server.registry.find('full')).describe()).to.have.property('viewers', 1);
  });

  const badNames = ['%3Cscript%3Ealert(1)%3C/script%3E', 'a%00b', '%E2%80%AEnnA', 'x'.repeat(65), '%20', '%E2%80%8B'];
  for (const name of badNames) {
    it(`refuse the name ${name}, and make no room for it`, async () => {
      await expectError(await post(`/whip/nobody?name=${name}`), 'invalid_participant_name');
      await expectError(await test.fetch('/api/rooms/nobody'), 'room_not_found');
    });
  }

  it('let players find WHEP by HEAD', async () => {
    const response = await test.fetch('/whep/own', { method: 'HEAD' });
    expect([response.status, response.headers.get('Content-Type')]).to.deep.equal([200, 'application/sdp']);
  });
});
