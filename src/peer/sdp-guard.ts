/** The first look at a stranger's SDP: what is too long for any honest client never reaches a parser. */
import { parse, type ParsedSdp } from 'sdp-transform';
import { AppError } from '../errors.js';

/** Chromium's offer with every codec takes 8,000 characters for sound and picture, 6,000 for each further m-line. */
const maxCharacters = 100_000;
const maxMediaSections = 16;
/** A video m-line of Chromium has 150 lines. */
const maxLines = 4_000;
/** The longest honest lines are parameter sets and candidates. */
const maxLineCharacters = 2_000;
/** H.264 parameter sets in base64, the longest there is, take 200. */
const maxFmtpCharacters = 1_000;

/** @throws {AppError} `sdp_empty`, `sdp_too_large` or `sdp_invalid`. */
export function guardSdp(sdp: string): ParsedSdp {
  if (sdp.length > maxCharacters) throw new AppError('sdp_too_large', `The SDP has ${sdp.length} characters; this server reads ${maxCharacters}.`);
  if (sdp.trim() === '') throw new AppError('sdp_empty');
  const lines = sdp.split(/\r\n|\r|\n/);
  if (lines.length > maxLines) throw new AppError('sdp_too_large', `The SDP has ${lines.length} lines; this server reads ${maxLines}.`);
  const sections = lines.filter((line) => line.startsWith('m=')).length;
  if (sections > maxMediaSections) throw new AppError('sdp_too_large', `The SDP has ${sections} media sections; this server reads ${maxMediaSections}.`);
  for (const line of lines) {
    const limit = line.startsWith('a=fmtp:') ? maxFmtpCharacters : maxLineCharacters;
    if (line.length > limit) throw new AppError('sdp_too_large', `The SDP has a line of ${line.length} characters; this server reads ${limit} in "${line.slice(0, 7)}".`);
  }
  if (lines[0]?.startsWith('v=0') !== true) throw new AppError('sdp_invalid', 'The SDP does not begin with "v=0".');
  try {
    return parse(sdp);
  } catch {
    throw new AppError('sdp_invalid');
  }
}
