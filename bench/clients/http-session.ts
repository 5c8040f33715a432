/** The HTTP half of WHIP (RFC 9725) and WHEP: one POST at the beginning, one DELETE at the end. */

const sdpType = 'application/sdp';
/** A server that does not answer within it is as good as gone. */
const answerTimeoutMs = 20_000;

export class HttpSession {
  /** SDP. */
  readonly answer: string;
  /** Response header `Tessera-Participant`. */
  readonly participantId: string | undefined;
  readonly #location: URL | undefined;

  private constructor(answer: string, participantId: string | undefined, location: URL | undefined) {
    this.answer = answer;
    this.participantId = participantId;
    this.#location = location;
  }

  /** @throws {Error} with the server's own words when it does not answer 201. */
  static async post(url: URL, offer: string): Promise<HttpSession> {
    const response = await request(url, { method: 'POST', headers: { 'content-type': sdpType, accept: sdpType }, body: offer });
    const body = await response.text();
    if (response.status !== 201) throw new Error(`POST ${url.pathname} answered ${response.status}: ${describeRefusal(body)}`);
    const location = response.headers.get('location');
    return new HttpSession(body, response.headers.get('tessera-participant') ?? undefined, location === null ? undefined : new URL(location, url));
  }

  /** Never fails. */
  async close(): Promise<void> {
    if (this.#location === undefined) return;
    await request(this.#location, { method: 'DELETE' })
      .then((response) => response.arrayBuffer())
      .catch(() => undefined);
  }
}

async function request(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, signal: AbortSignal.timeout(answerTimeoutMs) });
  } catch (error) {
    throw new Error(`${url.origin} cannot be reached: ${describeCause(error)}`, { cause: error });
  }
}

/** `fetch failed` alone tells nobody anything; the cause has the address and the system's word for it, or several causes when a name has several addresses. */
function describeCause(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  if (cause instanceof AggregateError) return cause.errors.map((one) => (one instanceof Error ? one.message : String(one))).join(', ');
  return cause instanceof Error ? cause.message : String(error);
}

/** Of `{"error":{"code","message"}}`, or the body's first line. */
function describeRefusal(body: string): string {
  try {
    const { error } = JSON.parse(body) as { error?: { code?: unknown; message?: unknown } };
    if (typeof error?.code === 'string') return `${error.code}: ${String(error.message)}`;
  } catch {
    // Some other server's words.
  }
  return body.split('\n')[0] ?? '';
}
