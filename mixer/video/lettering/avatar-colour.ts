/** Whose avatar has which colour. The pages have the same table and hash (public/ui/avatar.js, public/styles/base.css; test/public/avatar-colours), so that list and picture agree. Pure. */

/** Degrees of hue, picked to be told apart at a glance; lightness and saturation keep white initials at a contrast above 4.5 (WCAG 2.2, 1.4.3). */
const hues = [4, 24, 96, 146, 172, 196, 214, 236, 262, 288, 320, 342] as const;
const saturationPercent = 52;
const lightnessPercent = 33;

/** As CSS writes it. @param seed the same one gives the same colour */
export function avatarColour(seed: string): string {
  return `hsl(${hues[hash(seed) % hues.length] ?? 0}, ${saturationPercent}%, ${lightnessPercent}%)`;
}

/** FNV-1a, 32 bits: a stable choice of colour needs no more. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value >>> 0;
}
