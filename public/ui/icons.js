/** The icons: drawn on a 24 by 24 grid, strokes of 1.75 in the text's colour. Each is a list of shapes. */

/** @typedef {[tag: 'path' | 'rect' | 'circle', attributes: Record<string, string | number>]} Shape */

/** @param {string} d @returns {Shape} */
const path = (d) => ['path', { d }];
/** @param {number} x @param {number} y @param {number} width @param {number} height @param {number} rx @returns {Shape} */
const rect = (x, y, width, height, rx) => ['rect', { x, y, width, height, rx }];
/** @param {number} cx @param {number} cy @param {number} r @returns {Shape} */
const ring = (cx, cy, r) => ['circle', { cx, cy, r }];
/** @param {number} cx @param {number} cy @param {number} r @returns {Shape} */
const dot = (cx, cy, r) => ['circle', { cx, cy, r, fill: 'currentColor', stroke: 'none' }];
/** @param {number} x @param {number} y @param {number} width @param {number} height @param {number} rx @returns {Shape} */
const block = (x, y, width, height, rx) => ['rect', { x, y, width, height, rx, fill: 'currentColor', stroke: 'none' }];

/** @param {string} d @returns {Shape} */
const filled = (d) => ['path', { d, fill: 'currentColor' }];

const slash = path('M4 4l16 16');
const microphone = [rect(9, 3, 6, 11.5, 3), path('M5.5 11.5a6.5 6.5 0 0 0 13 0'), path('M12 18v3')];
const camera = [rect(2.5, 6.5, 13, 11, 2.75), path('M15.5 10.6l4.4-2.7a.8.8 0 0 1 1.2.7v6.8a.8.8 0 0 1-1.2.7l-4.4-2.7')];
const loudspeaker = [path('M4 9.5v5h3.5L12 18.5v-13L7.5 9.5z')];

/** @type {Record<string, Shape[]>} */
const icons = {
  microphone,
  'microphone-off': [path('M9 9V6a3 3 0 0 1 6 0v5.5'), path('M9.2 12.6A3 3 0 0 0 12 14.5a3 3 0 0 0 1.4-.35'), path('M5.5 11.5a6.5 6.5 0 0 0 10 5.5M18.5 11.5a6.4 6.4 0 0 1-.8 3.1'), path('M12 18v3'), slash],
  camera,
  'camera-off': [path('M9.5 6.5h3.3a2.75 2.75 0 0 1 2.7 2.75v1.35l4.4-2.7a.8.8 0 0 1 1.2.7v6.8a.8.8 0 0 1-1.2.7l-2-1.25'), path('M14.9 16.6a2.75 2.75 0 0 1-2.1.9H5.25a2.75 2.75 0 0 1-2.75-2.75v-5.5A2.75 2.75 0 0 1 5.25 6.5H6'), slash],
  screen: [rect(2.75, 4, 18.5, 12.5, 2.5), path('M12 13.25V7.75M9.4 10.1L12 7.5l2.6 2.6'), path('M8.5 20h7')],
  'screen-stop': [rect(2.75, 4, 18.5, 12.5, 2.5), path('M9.75 8l4.5 4.5M14.25 8l-4.5 4.5'), path('M8.5 20h7')],
  grid: [rect(3.5, 4.5, 7.25, 6.5, 1.75), rect(13.25, 4.5, 7.25, 6.5, 1.75), rect(3.5, 13, 7.25, 6.5, 1.75), rect(13.25, 13, 7.25, 6.5, 1.75)],
  speaker: [rect(3.5, 4.5, 17, 9.5, 1.75), rect(3.5, 16, 4.5, 3.5, 1), rect(9.75, 16, 4.5, 3.5, 1), rect(16, 16, 4.5, 3.5, 1)],
  presentation: [rect(3.5, 4.5, 11.5, 15, 1.75), rect(17, 4.5, 3.5, 4, 1), rect(17, 10, 3.5, 4, 1), rect(17, 15.5, 3.5, 4, 1)],
  single: [rect(3.5, 4.5, 17, 15, 2.25)],
  layout: [rect(3.5, 4.5, 17, 15, 2.25), path('M3.5 10h17M12 10v9.5')],
  record: [ring(12, 12, 8.5), dot(12, 12, 4.25)],
  'record-stop': [ring(12, 12, 8.5), block(8.75, 8.75, 6.5, 6.5, 1.5)],
  leave: [filled('M2.9 15.2c-.6-1-.5-2.3.4-3.1C5.6 9.9 8.7 8.75 12 8.75s6.4 1.15 8.7 3.35c.9.8 1 2.1.4 3.1l-.6 1a1.4 1.4 0 0 1-1.7.6l-2.7-1a1.4 1.4 0 0 1-.9-1.3v-1.7a10.5 10.5 0 0 0-6.4 0v1.7c0 .6-.4 1.1-.9 1.3l-2.7 1a1.4 1.4 0 0 1-1.7-.6z')],
  people: [ring(9, 8.25, 3.5), path('M2.75 19.25a6.25 6.25 0 0 1 12.5 0'), path('M15.5 4.9a3.5 3.5 0 0 1 0 6.7M17.75 13.9a6.25 6.25 0 0 1 3.5 5.35')],
  invite: [ring(9.5, 8.25, 3.5), path('M3.25 19.25a6.25 6.25 0 0 1 12.5 0'), path('M18.75 7.5v6M15.75 10.5h6')],
  link: [path('M10 13.6a4 4 0 0 0 5.9.3l2.9-2.9a4 4 0 0 0-5.65-5.65l-1.4 1.4'), path('M14 10.4a4 4 0 0 0-5.9-.3l-2.9 2.9a4 4 0 0 0 5.65 5.65l1.4-1.4')],
  code: [path('M8.25 7.5L3.75 12l4.5 4.5M15.75 7.5l4.5 4.5-4.5 4.5')],
  check: [path('M5 12.5l4.5 4.5L19 7.5')],
  up: [path('M6.5 14.5L12 9l5.5 5.5')],
  fullscreen: [path('M4.5 9.25V6.5a2 2 0 0 1 2-2h2.75M14.75 4.5h2.75a2 2 0 0 1 2 2v2.75M19.5 14.75v2.75a2 2 0 0 1-2 2h-2.75M9.25 19.5H6.5a2 2 0 0 1-2-2v-2.75')],
  sound: [...loudspeaker, path('M15.5 9a4.25 4.25 0 0 1 0 6M18.25 6.25a8.13 8.13 0 0 1 0 11.5')],
  'sound-off': [...loudspeaker, path('M16 9.75l4.5 4.5M20.5 9.75l-4.5 4.5')],
  play: [path('M8 5.6v12.8a.9.9 0 0 0 1.37.76l10.3-6.4a.9.9 0 0 0 0-1.52L9.37 4.84A.9.9 0 0 0 8 5.6z')],
  warning: [path('M10.7 4.75L2.95 18a1.5 1.5 0 0 0 1.3 2.25h15.5A1.5 1.5 0 0 0 21.05 18L13.3 4.75a1.5 1.5 0 0 0-2.6 0z'), path('M12 9.75v4.25'), dot(12, 16.9, 1.05)],
  info: [ring(12, 12, 8.75), path('M12 11.25v5'), dot(12, 8, 1.05)],
  noise: [path('M3.5 12h2M7.25 8.5v7M11 5v14M14.75 8.5v7M18.5 12h2')],
  more: [dot(5.5, 12, 1.6), dot(12, 12, 1.6), dot(18.5, 12, 1.6)],
  hold: [ring(12, 12, 8.75), path('M9.75 8.75v6.5M14.25 8.75v6.5')],
  close: [path('M6.5 6.5l11 11M17.5 6.5l-11 11')],
  eye: [path('M2.75 12S6 5.75 12 5.75 21.25 12 21.25 12 18 18.25 12 18.25 2.75 12 2.75 12z'), ring(12, 12, 2.75)],
  download: [path('M12 4.25v10.5M7.75 10.75L12 15l4.25-4.25'), path('M4.75 19.25h14.5')],
  broadcast: [dot(12, 12, 1.75), path('M8.5 15.5a5 5 0 0 1 0-7M15.5 8.5a5 5 0 0 1 0 7M5.65 18.35a9 9 0 0 1 0-12.7M18.35 5.65a9 9 0 0 1 0 12.7')],
};

const svgNamespace = 'http://www.w3.org/2000/svg';

/** @param {string} name @returns {SVGSVGElement} hidden from screen readers: the button says what it does */
export function icon(name) {
  const svg = document.createElementNS(svgNamespace, 'svg');
  const attributes = { viewBox: '0 0 24 24', class: 'icon', fill: 'none', stroke: 'currentColor', 'stroke-width': 1.75, 'stroke-linecap': 'round', 'stroke-linejoin': 'round', 'aria-hidden': 'true' };
  for (const [key, value] of Object.entries(attributes)) svg.setAttribute(key, String(value));
  for (const [tag, shape] of icons[name] ?? icons['layout']) {
    const child = document.createElementNS(svgNamespace, tag);
    for (const [key, value] of Object.entries(shape)) child.setAttribute(key, String(value));
    svg.append(child);
  }
  svg.dataset['name'] = name;
  return svg;
}

/** @param {string} name */
export function hasIcon(name) {
  return Object.hasOwn(icons, name);
}

/** Puts or replaces the icon that `holder` starts with. @param {Element} holder @param {string} name */
export function setIcon(holder, name) {
  const current = holder.querySelector(':scope > svg.icon');
  if (current instanceof SVGElement && current.dataset['name'] === name) return;
  const next = icon(name);
  if (current === null) holder.prepend(next);
  else current.replaceWith(next);
}

/** Fills every `data-icon="name"` below `root`. @param {ParentNode} root */
export function drawIcons(root) {
  for (const holder of root.querySelectorAll('[data-icon]')) setIcon(holder, holder.getAttribute('data-icon') ?? '');
}
