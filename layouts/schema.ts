// What a layout template may say. A template speaks in fractions of the canvas, so one file serves every canvas size.
import { z } from 'zod';

const fractionHint = 'must be a fraction from 0 to 1: a number such as 0.25 or a string such as "1/4"';
const ratioHint = 'must be a ratio above 0: a number such as 1.78 or a string such as "16/9"';

/** A grid of more tiles than this is unreadable on every canvas that one encoder serves, and each shown camera costs a decoder. */
const mostTilesInAGrid = 49;

/** Sums such as 1/3 + 2/3 miss 1 by the last bit of a double; a real mistake in a template is far larger. */
const fractionTolerance = 1e-9;

function parseQuotient(text: string): number {
  const parts = /^\s*(\d+(?:\.\d+)?)\s*\/\s*(\d+(?:\.\d+)?)\s*$/.exec(text);
  return parts === null ? Number.NaN : Number(parts[1]) / Number(parts[2]);
}

function quotient(lowest: number, highest: number, hint: string): z.ZodType<number, number | string> {
  return z.union([z.number(), z.string()], { error: hint }).transform((value, context) => {
    const number = typeof value === 'string' ? parseQuotient(value) : value;
    if (number >= lowest && number <= highest) return number;
    context.addIssue({ code: 'custom', message: hint });
    return z.NEVER;
  });
}

const fraction = quotient(0, 1, fractionHint);
const ratio = quotient(Number.MIN_VALUE, Number.MAX_VALUE, ratioHint);
const fitSchema = z.enum(['cover', 'letterbox'], { error: 'must be "cover" or "letterbox"' });

const areaSchema = z.strictObject({ left: fraction, top: fraction, width: fraction, height: fraction }).check(({ value, issues }) => {
  for (const [start, size] of [['left', 'width'], ['top', 'height']] as const) {
    if (value[size] === 0) issues.push({ code: 'custom', path: [size], input: value, message: 'must be above 0' });
    if (value[start] + value[size] > 1 + fractionTolerance) {
      issues.push({ code: 'custom', path: [size], input: value, message: `${start} + ${size} reaches past the canvas (above 1)` });
    }
  }
});

const everyRegion = {
  /** For the reader of the template and for error messages. */
  id: z.string().min(1),
  area: areaSchema,
  /** Free space inside the area's edge, in fractions of the canvas's shorter side. */
  margin: fraction.default(0),
  fit: z.strictObject({ camera: fitSchema, screen: fitSchema }).default({ camera: 'cover', screen: 'letterbox' }),
  /** `cover` becomes `letterbox` for a source of which less than this fraction would stay visible: an upright phone in a wide tile. */
  minVisible: fraction.default(0.5),
  showName: z.boolean().default(true),
};

const seatRegionSchema = z.strictObject({ kind: z.literal('seat'), ...everyRegion });

const gridRegionSchema = z
  .strictObject({
    kind: z.literal('grid'),
    ...everyRegion,
    /** Between neighbours, in fractions of the canvas's shorter side. */
    gap: fraction.default(0),
    maxTiles: z.int().min(1).max(mostTilesInAGrid),
    /** Width by height. Tiles take any shape between the two; the largest tile wins. */
    tileAspectRatio: z.strictObject({ min: ratio, max: ratio }),
  })
  .check(({ value, issues }) => {
    const { min, max } = value.tileAspectRatio;
    if (min > max) issues.push({ code: 'custom', path: ['tileAspectRatio', 'min'], input: value, message: `must not be above max (${max})` });
  });

const variantSchema = z
  .strictObject({
    seats: z.strictObject({ min: z.int().min(1).default(1), max: z.int().min(1).optional() }).optional(),
    orientation: z.enum(['landscape', 'portrait']).optional(),
    regions: z.array(z.discriminatedUnion('kind', [seatRegionSchema, gridRegionSchema])).min(1),
  })
  .check(({ value, issues }) => {
    value.regions.forEach((region, index) => {
      const overlapped = value.regions.slice(0, index).find((earlier) => overlap(earlier.area, region.area));
      if (overlapped !== undefined) {
        issues.push({ code: 'custom', path: ['regions', index, 'area'], input: value, message: `overlaps region "${overlapped.id}"` });
      }
      if (region.kind === 'grid' && index < value.regions.length - 1) {
        issues.push({ code: 'custom', path: ['regions', index, 'kind'], input: value, message: 'a grid takes all who are left, so it must be the last region' });
      }
    });
    const { min = 1, max = min } = value.seats ?? {};
    if (min > max) issues.push({ code: 'custom', path: ['seats', 'min'], input: value, message: `must not be above max (${max})` });
  });

const templateSchema = z
  .strictObject({
    name: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, { error: 'must be 1 to 32 of a-z, 0-9 and "-", a letter first' }),
    description: z.string().min(1),
    aliases: z.array(z.string().regex(/^[\w:-]{1,48}$/, { error: 'must be 1 to 48 of letters, digits, "_", "-" and ":"' })).default([]),
    variants: z.array(variantSchema).min(1),
  })
  .check(({ value, issues }) => {
    const last = value.variants.at(-1);
    if (last?.seats !== undefined || last?.orientation !== undefined) {
      const path = ['variants', value.variants.length - 1];
      issues.push({ code: 'custom', path, input: value, message: 'the last variant must have neither "seats" nor "orientation", so that every room finds one' });
    }
  });

interface Area {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

function overlap(a: Area, b: Area): boolean {
  const within = (start: number, end: number): boolean => end - start > fractionTolerance;
  return (
    within(Math.max(a.left, b.left), Math.min(a.left + a.width, b.left + b.width)) &&
    within(Math.max(a.top, b.top), Math.min(a.top + a.height, b.top + b.height))
  );
}

/** A checked template: fractions are numbers, defaults are filled in. */
export type LayoutTemplate = z.infer<typeof templateSchema>;
export type LayoutVariant = LayoutTemplate['variants'][number];
export type LayoutRegion = LayoutVariant['regions'][number];
export type GridRegion = Extract<LayoutRegion, { kind: 'grid' }>;
export type Fit = z.infer<typeof fitSchema>;

/** A template that cannot be used. `problems` names every mistake, each with its place, for example `variants[0].regions[1].area.width: …`. */
export class LayoutError extends Error {
  readonly problems: readonly string[];

  constructor(source: string, problems: readonly string[]) {
    super(`${source}: ${problems.join('; ')}`);
    this.name = 'LayoutError';
    this.problems = problems;
  }
}

/**
 * Checks one template.
 * @param source names the template in errors, usually its file name
 * @throws {LayoutError} with every mistake at once
 */
export function parseTemplate(json: unknown, source: string): LayoutTemplate {
  const result = templateSchema.safeParse(json);
  if (result.success) return result.data;
  throw new LayoutError(source, result.error.issues.map((issue) => `${describePath(issue.path)}: ${issue.message}`));
}

function describePath(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the template';
  return path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('').replace(/^\./, '');
}
