// What the server takes.
const mostRows = 8192;

/**
 * @typedef {object} MaxHeight
 * @property {number | undefined} rows the most that the picture may have; undefined: as many as there are
 * @property {string} mistake what to tell the person of what the address says instead of a number; empty where there is nothing to tell
 */

/**
 * The ceiling that a page's address sets on the picture, `?maxHeight=360`, for devices and lines that cannot take more; the name in any case. One that means nothing
 * keeps nobody out, but he is told: the picture is not what somebody meant it to be.
 * @param {string} search
 * @returns {MaxHeight}
 */
export function readMaxHeight(search) {
  const [, text = ''] = [...new URLSearchParams(search)].find(([name]) => name.toLowerCase() === 'maxheight') ?? [];
  const rows = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (rows >= 1 && rows <= mostRows) return { rows, mistake: '' };
  return { rows: undefined, mistake: text === '' ? '' : `You get the whole picture: “maxHeight” in the address of this page has to be a whole number from 1 to ${mostRows}.` };
}
