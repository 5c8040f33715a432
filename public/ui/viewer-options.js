/**
 * @typedef {object} ViewerOptions
 * @property {boolean} muted starts without sound: what browsers play unasked
 * @property {boolean} controls the browser's own controls, and the buttons of the page
 * @property {boolean} autoplay starts by itself; otherwise a button does
 * @property {boolean} playsInline on phones: in the page, not fullscreen
 * @property {boolean} disablePictureInPicture
 */

/**
 * The options in a viewer page's address, named as MediaMTX names them: `?muted=0&controls=0&autoplay=1`. Names in any case; values
 * 1/0, true/false, yes/no; anything else is the default.
 * @param {string} search
 * @returns {ViewerOptions}
 */
export function readViewerOptions(search) {
  const given = new Map([...new URLSearchParams(search)].map(([name, value]) => [name.toLowerCase(), value.toLowerCase()]));
  const read = (/** @type {string} */ name, /** @type {boolean} */ byDefault) => {
    const value = given.get(name);
    if (value === '1' || value === 'true' || value === 'yes') return true;
    if (value === '0' || value === 'false' || value === 'no') return false;
    return byDefault;
  };
  return {
    muted: read('muted', true),
    controls: read('controls', true),
    autoplay: read('autoplay', true),
    playsInline: read('playsinline', true),
    disablePictureInPicture: read('disablepictureinpicture', false),
  };
}
