/** The text of an ICE restart without a description (RFC 9725 4.3.3): a fragment there, a fragment back, between an offer and the answer that it stands for. */

const transportLine = /^a=(ice-ufrag|ice-pwd|candidate|end-of-candidates)\b/;

/** What a PATCH tells of a whole offer (RFC 8840 9). @param {string} offer @returns {string} */
export function restartFragment(offer) {
  const lines = offer.split('\r\n');
  const lineOf = (/** @type {string} */ start) => lines.find((line) => line.startsWith(start)) ?? '';
  const candidates = lines.filter((line) => line.startsWith('a=candidate:'));
  return [lineOf('a=ice-ufrag:'), lineOf('a=ice-pwd:'), 'm=audio 9 UDP/TLS/RTP/SAVPF 0', lineOf('a=mid:'), ...candidates, 'a=end-of-candidates', ''].join('\r\n');
}

/** The answer that was, with the transport of the server's fragment. @param {string} answer @param {string} fragment @returns {string} */
export function restartedAnswer(answer, fragment) {
  const news = fragment.split('\r\n').filter((line) => transportLine.test(line));
  const credentials = news.filter((line) => line.startsWith('a=ice-'));
  const candidates = news.filter((line) => !line.startsWith('a=ice-'));
  const [session = '', ...sections] = answer.split(/(?=^m=)/m);
  const renewed = sections.map((section, index) => {
    const kept = section.split('\r\n').filter((line) => line !== '' && !transportLine.test(line));
    // All sections are one bundle, and the first carries its transport.
    return [...kept, ...credentials, ...(index === 0 ? candidates : []), ''].join('\r\n');
  });
  return session + renewed.join('');
}
