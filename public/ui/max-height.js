// What the server takes.
const mostRows = 8192;

/**
 * The ceiling that a page's address sets on the picture, `?maxHeight=360`, for devices and lines that cannot take more. The name in any case; undefined where
 * there is none, or none that means anything.
 * @param {string} search
 * @returns {number | undefined}
 */
export function readMaxHeight(search) {
  const [, text = ''] = [...new URLSearchParams(search)].find(([name]) => name.toLowerCase() === 'maxheight') ?? [];
  const rows = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  return rows >= 1 && rows <= mostRows ? rows : undefined;
}
