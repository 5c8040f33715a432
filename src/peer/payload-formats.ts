/**
 * What the payload types of an m-line stand for: its `a=rtpmap`, `a=fmtp` and `a=rtcp-fb` lines (RFC 8866 6.6 and 6.15, RFC 4585 4.2, RFC 4588 8.1). Of several lines for one type the
 * first counts, so each type is one thing, and what an SDP of 4,000 lines costs grows with their number alone.
 */
import type { ParsedMedia } from 'sdp-transform';
import { knownFeedback, type RtpMap } from './codecs.js';

const maxPayloadType = 127;
const videoClockHz = 90_000;
/** In the place of a payload type: for all of them. */
const everyType = '*';

export class PayloadFormats {
  /** In the order of the m-line. */
  readonly maps: readonly RtpMap[];
  readonly #parameters = new Map<number, ReadonlyMap<string, string>>();
  readonly #feedback = new Map<number | typeof everyType, Set<string>>();
  /** What is repaired, as its repair names it -> the type of the repair. */
  readonly #rtxTypes = new Map<string, number>();

  constructor(media: ParsedMedia) {
    const types = readTypes(media);
    const maps = new Map<number, RtpMap>();
    for (const { payload, codec, rate, encoding } of media.rtp) {
      if (!isOneOf(payload, types) || maps.has(payload)) continue;
      maps.set(payload, { payloadType: payload, name: String(codec).toLowerCase(), clockHz: Number(rate), encoding: encoding === undefined ? undefined : String(encoding) });
    }
    this.maps = [...types].flatMap((type) => maps.get(type) ?? []);
    for (const { payload, config } of media.fmtp) if (isOneOf(payload, types) && !this.#parameters.has(payload)) this.#parameters.set(payload, readParameters(String(config)));
    for (const { payload, type, subtype } of media.rtcpFb ?? []) {
      const value = subtype === undefined ? String(type) : `${type} ${subtype}`;
      if (knownFeedback.has(value) && (payload === everyType || isOneOf(payload, types))) this.#addFeedback(payload, value);
    }
    for (const { payloadType, name, clockHz } of maps.values()) {
      if (name !== 'rtx' || clockHz !== videoClockHz) continue;
      const repaired = this.parameters(payloadType).get('apt');
      if (repaired !== undefined && !this.#rtxTypes.has(repaired)) this.#rtxTypes.set(repaired, payloadType);
    }
  }

  /** The first payload type of that name. @param name in lower case */
  find(name: string, clockHz: number): number | undefined {
    return this.maps.find((map) => map.name === name && map.clockHz === clockHz)?.payloadType;
  }

  /** By their names in lower case. */
  parameters(payloadType: number): ReadonlyMap<string, string> {
    return this.#parameters.get(payloadType) ?? new Map<string, string>();
  }

  /** Of what is known here. */
  feedback(payloadType: number): ReadonlySet<string> {
    return new Set([...(this.#feedback.get(payloadType) ?? []), ...(this.#feedback.get(everyType) ?? [])]);
  }

  /** Under which type packets of that one come again. */
  rtxType(payloadType: number): number | undefined {
    return this.#rtxTypes.get(String(payloadType));
  }

  #addFeedback(payloadType: number | typeof everyType, value: string): void {
    const values = this.#feedback.get(payloadType);
    if (values === undefined) this.#feedback.set(payloadType, new Set([value]));
    else values.add(value);
  }
}

function isOneOf(payload: string | number, types: ReadonlySet<number>): payload is number {
  return typeof payload === 'number' && types.has(payload);
}

function readTypes({ payloads }: ParsedMedia): ReadonlySet<number> {
  const words = String(payloads ?? '').split(' ').filter((word) => /^\d{1,3}$/.test(word));
  return new Set(words.map(Number).filter((type) => type <= maxPayloadType));
}

/** `name=value;name=value`, with or without a space after the semicolon. */
function readParameters(config: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const pair of config.split(';')) {
    const equalsAt = pair.indexOf('=');
    if (equalsAt > 0) parameters.set(pair.slice(0, equalsAt).trim().toLowerCase(), pair.slice(equalsAt + 1).trim());
  }
  return parameters;
}
