/** The kinds of options there are: what each takes from a YAML file, how it is written in an environment variable, what it refuses. */
import { isIP } from 'node:net';

/** A value that an option does not take; the message completes "<option> …". */
export class OptionMistake extends Error {}

export interface OptionText<T> {
  /** Dotted: its place in tessera.yaml. */
  readonly key: string;
  readonly default: T;
  /** One sentence for the table. */
  readonly meaning: string;
  /** Of a number: `ms`, `bps`, `px`…; empty for what has none. */
  readonly unit?: string;
  /** A further environment variable that is read when the own one is not set. */
  readonly otherEnv?: string;
}

export interface Option<T> extends Required<Omit<OptionText<T>, 'otherEnv'>> {
  readonly otherEnv: string | undefined;
  /** The values it takes, for people. */
  readonly accepts: string;
  /** What a YAML file would have held instead of this text of an environment variable. */
  fromText(text: string): unknown;
  /** @throws {OptionMistake} */
  check(value: unknown): T;
}

/** `http.bodyLimitBytes` -> `TESSERA_HTTP_BODY_LIMIT_BYTES`. */
export function envName(key: string): string {
  return `TESSERA_${key.replace(/([a-z])([A-Z])/g, '$1_$2').replaceAll('.', '_').toUpperCase()}`;
}

function complete<T>(text: OptionText<T>, rest: Pick<Option<T>, 'accepts' | 'fromText' | 'check'>): Option<T> {
  return { ...text, ...rest, unit: text.unit ?? '', otherEnv: text.otherEnv };
}

export interface IntegerRange {
  readonly min: number;
  readonly max: number;
  readonly multipleOf?: number;
}

export function integer(text: OptionText<number>, { min, max, multipleOf = 1 }: IntegerRange): Option<number> {
  const accepts = `${min} to ${max}${multipleOf === 1 ? '' : `, a multiple of ${multipleOf}`}`;
  return complete(text, {
    accepts,
    fromText: (written) => (/^-?\d+$/.test(written.trim()) ? Number(written) : written),
    check(value) {
      if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new OptionMistake(`must be a whole number, ${accepts}; it is ${show(value)}`);
      if (value < min || value > max || value % multipleOf !== 0) throw new OptionMistake(`must be ${accepts}; it is ${show(value)}`);
      return value;
    },
  });
}

const flagTexts = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

export function flag(text: OptionText<boolean>): Option<boolean> {
  return complete(text, {
    accepts: 'true or false',
    fromText: (written) => flagTexts.get(written.trim().toLowerCase()) ?? written,
    check(value) {
      if (typeof value !== 'boolean') throw new OptionMistake(`must be true or false; it is ${show(value)}`);
      return value;
    },
  });
}

export function oneOf<const T extends string>(text: OptionText<T>, values: readonly T[]): Option<T> {
  return complete(text, {
    accepts: values.join(', '),
    fromText: (written) => written.trim(),
    check(value) {
      const found = values.find((candidate) => candidate === value);
      if (found === undefined) throw new OptionMistake(`must be one of ${values.join(', ')}; it is ${show(value)}`);
      return found;
    },
  });
}

/** @param wanted says what `isGood` looks for, after "must be" */
export function string(text: OptionText<string>, wanted = 'text', isGood: (value: string) => boolean = () => true): Option<string> {
  return complete(text, {
    accepts: wanted,
    fromText: (written) => written.trim(),
    check(value) {
      if (typeof value !== 'string' || !isGood(value)) throw new OptionMistake(`must be ${wanted}; it is ${show(value)}`);
      return value;
    },
  });
}

/** Never shown, neither when it is wrong. */
export function secret(text: OptionText<string>, wanted: string, isGood: (value: string) => boolean): Option<string> {
  return complete(text, {
    accepts: wanted,
    fromText: (written) => written.trim(),
    check(value) {
      if (typeof value !== 'string' || !isGood(value)) throw new OptionMistake(`must be ${wanted}; it is something else`);
      return value;
    },
  });
}

/** Commas separate the items in an environment variable. */
export function list(text: OptionText<readonly string[]>, wanted: string, isGood: (item: string) => boolean): Option<readonly string[]> {
  return complete(text, {
    accepts: `a list of ${wanted}`,
    fromText: (written) => written.split(',').map((item) => item.trim()).filter((item) => item !== ''),
    check(value) {
      if (!Array.isArray(value)) throw new OptionMistake(`must be a list of ${wanted}; it is ${show(value)}`);
      return value.map((item: unknown) => {
        if (typeof item !== 'string' || !isGood(item)) throw new OptionMistake(`must be a list of ${wanted}; ${show(item)} is not one of them`);
        return item;
      });
    },
  });
}

/** Each at most once. */
export function someOf<const T extends string>(text: OptionText<readonly T[]>, values: readonly T[]): Option<readonly T[]> {
  const items = list(text, values.join(', '), (item) => values.some((value) => value === item));
  return { ...items, default: text.default, check: (given) => values.filter((value) => items.check(given).includes(value)) };
}

export function isAddress(text: string): boolean {
  return isIP(text) !== 0;
}

export function isHost(text: string): boolean {
  return isAddress(text) || /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(text);
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
