/**
 * WHIP (RFC 9725) publishes to a room, WHEP (draft-ietf-wish-whep) watches it: the same HTTP around different questions to the room.
 *
 *     POST    /whip/:room             SDP offer -> 201, SDP answer, Location of the session
 *     OPTIONS /whip/:room             what may be posted
 *     PATCH   /whip/sessions/:secret  trickled candidates -> 204; new ICE credentials, a restart -> 200 with ours
 *     DELETE  /whip/sessions/:secret  the end
 *
 * Not supported: renegotiation, the server's own late candidates (the answer has them all).
 */
import type Router from '@koa/router';
import type { Context } from 'koa';
import { AppError } from '../errors.js';
import { parseDisplayName, parseRoomName, mostHeightPx } from '../names.js';
import type { RoomHandle, SessionListener } from '../rooms/room-handle.js';
import type { AddRoutes, HttpServices } from './http-services.js';
import type { MediaSession, MediaSessionKind } from './media-sessions.js';
import { readSdp, readSdpFragment, sdpFragmentType, sdpType } from './request-body.js';
import { iceUfragOf, parseSdpFragment, writeSdpFragment, type SdpFragment } from './sdp-fragment.js';

/** Encoders that only take a URL (OBS, FFmpeg) and do not say who they are. */
const defaultName = 'Guest';
const participantHeader = 'Tessera-Participant';

interface MediaFace {
  readonly kind: MediaSessionKind;
  /** The room that a POST is about. */
  findRoom(name: string): Promise<RoomHandle>;
  /** Reads what the URL says beside the room; before the room is made, so that a mistake makes none. */
  prepare(context: Context): (room: RoomHandle, offer: string, listener: SessionListener) => Promise<{ sessionId: string; answer: string }>;
}

export const addWhipRoutes: AddRoutes = (router, services) => {
  addMediaRoutes(router, services, {
    kind: 'whip',
    findRoom: (name) => services.registry.findOrCreate(name),
    prepare(context) {
      const name = parseDisplayName(queryText(context, 'name') ?? defaultName);
      return async (room, offer, listener) => {
        const begun = await room.publish(name, offer, listener);
        context.set(participantHeader, begun.sessionId);
        return begun;
      };
    },
  });
};

export const addWhepRoutes: AddRoutes = (router, services) => {
  addMediaRoutes(router, services, {
    kind: 'whep',
    findRoom: (name) => services.registry.findOrBringBack(name),
    prepare(context) {
      const participantId = queryText(context, 'as');
      const maxHeightPx = parseMaxHeight(queryText(context, 'maxHeight'));
      return (room, offer, listener) => room.view(offer, participantId, listener, maxHeightPx);
    },
  });
};

function addMediaRoutes(router: Router, services: HttpServices, face: MediaFace): void {
  const { kind } = face;
  const { registry, sessions, iceServers, bodyLimitBytes } = services;
  const endpoint = `/${kind}/:room`;
  const resource = `/${kind}/sessions/:secret`;

  router.post(endpoint, async (context) => {
    const roomName = parseRoomName(context.params['room'] ?? '');
    if (context.accepts(sdpType) === false) throw new AppError('not_acceptable', `The answer is ${sdpType}.`);
    context.set('Accept-Post', sdpType);
    const offer = await readSdp(context);
    const begin = face.prepare(context);
    const room = await face.findRoom(roomName);
    const { secret, session, answer } = await sessions.add({ kind, room, iceUfrag: iceUfragOf(offer), begin: (listener) => begin(room, offer, listener) });
    context.status = 201;
    context.set({ Location: `/${kind}/sessions/${secret}`, ETag: session.etag, 'Cache-Control': 'no-store' });
    setLinks(context, iceServers.linksFor(session.sessionId));
    context.body = answer;
    context.type = sdpType;
  });
  // RFC 9725 4.1: neither endpoint nor session has a representation, and a GET is answered with success and nothing.
  router.get([endpoint, resource], (context) => {
    // The WHEP draft lets players find an endpoint by HEAD.
    const isDiscovery = kind === 'whep' && context.method === 'HEAD';
    context.status = isDiscovery ? 200 : 204;
    if (isDiscovery) context.type = sdpType;
  });
  router.options(endpoint, (context) => {
    context.set({ Allow: 'POST, GET, HEAD, OPTIONS', 'Accept-Post': sdpType });
    // RFC 9725 4.6: for clients that must know before they make their offer; not for a browser's preflight, whose answer no script reads.
    const isPreflight = context.get('Access-Control-Request-Method') !== '';
    // Credentials for a relay are for people of a room: whoever asks before there is one gets them with the answer to his POST.
    const isForRoom = registry.has(context.params['room'] ?? '');
    if (!isPreflight) setLinks(context, isForRoom ? iceServers.linksFor(kind) : iceServers.openLinks);
    context.body = '';
  });
  router.options(resource, (context) => {
    context.set({ Allow: 'PATCH, DELETE, GET, HEAD, OPTIONS', 'Accept-Patch': sdpFragmentType });
    context.body = '';
  });
  router.patch(resource, async (context) => {
    const secret = context.params['secret'] ?? '';
    sessions.get(kind, secret);
    const fragment = parseSdpFragment(await readSdpFragment(context, bodyLimitBytes));
    const candidates = fragment.isEnd ? [...fragment.candidates, ''] : fragment.candidates;
    const restarted = await sessions.inTurn(kind, secret, async (session) => {
      requireMatch(context, session.etag);
      const { room, sessionId } = session;
      if (!isRestart(session, fragment)) {
        await room.addCandidates(sessionId, candidates);
        return undefined;
      }
      const description = await room.restartIceFor(sessionId, fragment.iceUfrag, fragment.icePassword, candidates);
      return { description, sessionId, etag: sessions.renew(kind, secret, fragment.iceUfrag) };
    });
    context.status = 204;
    if (restarted === undefined) return;
    context.status = 200;
    context.set({ ETag: restarted.etag, 'Cache-Control': 'no-store' });
    // Credentials may have expired since the session began.
    setLinks(context, iceServers.linksFor(restarted.sessionId));
    context.body = writeSdpFragment(restarted.description, fragment.mid ?? '0');
    context.type = sdpFragmentType;
  });
  router.delete(resource, async (context) => {
    await sessions.end(kind, context.params['secret'] ?? '');
    context.status = 200;
    context.body = '';
  });
}

function setLinks(context: Context, links: readonly string[]): void {
  if (links.length === 0) return;
  context.set('Link', [...links]);
  context.set('Cache-Control', 'no-store');
}

/** RFC 9725 4.3.3: other ICE credentials than the session's are a wish for a restart. @throws {AppError} invalid_candidate for half of them */
function isRestart({ iceUfrag }: MediaSession, fragment: SdpFragment): fragment is SdpFragment & { readonly iceUfrag: string; readonly icePassword: string } {
  if (fragment.iceUfrag === undefined || fragment.iceUfrag === iceUfrag) return false;
  if (fragment.icePassword === undefined) throw new AppError('invalid_candidate', 'An ICE restart needs a=ice-ufrag and a=ice-pwd.');
  return true;
}

/** RFC 9110 13.1.1 with strong comparison: `W/"…"` matches nothing. */
function requireMatch(context: Context, etag: string): void {
  const condition = context.get('If-Match');
  if (condition === '') throw new AppError('precondition_required');
  const tags = condition.split(',').map((tag) => tag.trim());
  if (!tags.includes('*') && !tags.includes(etag)) throw new AppError('precondition_failed');
}

/** The first of a name that is given more than once; undefined when it is not, or empty. */
function queryText(context: Context, name: string): string | undefined {
  const value = context.query[name];
  const first = Array.isArray(value) ? value[0] : value;
  return first === '' ? undefined : first;
}

/** @throws {AppError} `invalid_max_height` */
function parseMaxHeight(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const heightPx = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (heightPx < 1 || heightPx > mostHeightPx) throw new AppError('invalid_max_height');
  return heightPx;
}
