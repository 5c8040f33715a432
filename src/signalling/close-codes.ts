/**
 * The codes that WebSockets are closed with (RFC 6455 7.4.1 and IANA's registry; ours from 4000 on): what each says of the participant when it comes from the
 * client, and which ones the server sends. docs/signalling.md lists the same table; a test holds it against this one.
 */

export interface CloseCode {
  readonly name: string;
  /** True: he is without a socket and may resume; false: he has left. */
  readonly isLoss: boolean;
  readonly meaning: string;
}

export const closeCodes = {
  1000: { name: 'normal', isLoss: false, meaning: 'The client is done. From the server: after `closed`.' },
  1001: { name: 'going away', isLoss: false, meaning: 'Browsers send it when the page is closed, reloaded or left: the person has gone, and what comes next joins anew.' },
  1002: { name: 'protocol error', isLoss: true, meaning: 'A frame was broken on the way.' },
  1003: { name: 'unsupported data', isLoss: true, meaning: 'Likewise: the server sends text alone.' },
  1005: { name: 'no code', isLoss: false, meaning: '`close()` without a code: a client that is done.' },
  1006: { name: 'no close frame', isLoss: true, meaning: 'The connection broke, or its client crashed, or two pings had no answer. Not a code that is sent.' },
  1007: { name: 'invalid data', isLoss: true, meaning: 'Text was broken on the way.' },
  1008: { name: 'policy', isLoss: false, meaning: 'The client wants no more of it. From the server: too many mistakes or messages, no `join`, or a page that may not use this server: then an `error` says which name or origin is not listed, and nothing else is read.' },
  1009: { name: 'too big', isLoss: true, meaning: 'A message was longer than the client, or something between, takes. From the server: the message was above 2 MiB.' },
  1011: { name: 'internal error', isLoss: true, meaning: 'Something between the two failed.' },
  1012: { name: 'restart', isLoss: true, meaning: 'A proxy restarts.' },
  1013: { name: 'try again later', isLoss: true, meaning: 'A proxy has too much to do.' },
  1014: { name: 'bad gateway', isLoss: true, meaning: 'A proxy lost the way to the server.' },
  4000: { name: 'goes on elsewhere', isLoss: true, meaning: 'The client gives up a socket over which nothing comes, and resumes over another one.' },
} as const satisfies Record<number, CloseCode>;

/** A code that the table does not know was chosen by the client's own program: it is done. */
export function isSocketLost(code: number): boolean {
  const known: CloseCode | undefined = Object.hasOwn(closeCodes, code) ? closeCodes[code as keyof typeof closeCodes] : undefined;
  return known?.isLoss === true;
}
