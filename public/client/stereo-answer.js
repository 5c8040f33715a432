// A browser decodes Opus in two channels only where its own description says `stereo=1` (RFC 7587 6.1), and nothing but the text of the description can say it.

/**
 * @param {string} answer of the browser
 * @param {string} offer that it answers
 * @returns {string} the answer, asking for stereo where the offer has it
 */
export function stereoAnswer(answer, offer) {
  if (!/^a=fmtp:\d+ .*\bsprop-stereo=1/m.test(offer)) return answer;
  return answer.replace(/^(a=fmtp:\d+ (?!.*\bstereo=)[^\r\n]*\buseinbandfec=1[^\r\n]*)/gm, '$1;stereo=1');
}
