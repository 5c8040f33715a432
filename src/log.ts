/** Log lines: for people on a terminal, JSON elsewhere. Whoever can be made to log by strangers uses `limited` or `hourly`. */
import type { Time } from './time.js';

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];
export type LogFields = Readonly<Record<string, unknown>>;

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: 'human' | 'json';
  readonly time: Pick<Time, 'nowMs' | 'date'>;
  /** Takes one line without its line end. */
  readonly write: (line: string) => void;
}

/** One line of a message in this time: quick enough to see that it goes on, slow enough for a disk that a stranger would like to fill. */
const limitedPeriodMs = 10_000;
const hourMs = 3_600_000;
/** Keys of `hourly` that are remembered for a message: more than anybody has to mend, too little for a disk to notice. */
const maxHourlyKeys = 100;

interface Limit {
  sinceMs: number;
  swallowed: number;
}

/** What has been told lately; a log and its children have one. */
class ToldLines {
  readonly limits = new Map<string, Limit>();
  /** By message, then by key: when it was told, the oldest first. */
  readonly keyedAtMs = new Map<string, Map<string, number>>();
}

export class Log {
  readonly #options: LogOptions;
  readonly #fields: LogFields;
  readonly #told: ToldLines;

  constructor(options: LogOptions, fields: LogFields = {}, told = new ToldLines()) {
    this.#options = options;
    this.#fields = fields;
    this.#told = told;
  }

  /** The same log with these fields in each line; limits are shared with it. */
  child(fields: LogFields): Log {
    return new Log(this.#options, { ...this.#fields, ...fields }, this.#told);
  }

  debug(message: string, fields?: LogFields): void {
    this.write('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.write('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.write('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.write('error', message, fields);
  }

  /** At most one line of this message in 10 s, whatever its fields; the next one says how many were left out. */
  limited(level: LogLevel, message: string, fields?: LogFields): void {
    if (!this.#isWanted(level)) return;
    const nowMs = this.#options.time.nowMs();
    const limit = this.#told.limits.get(message);
    if (limit !== undefined && nowMs - limit.sinceMs < limitedPeriodMs) {
      limit.swallowed += 1;
      return;
    }
    this.#told.limits.set(message, { sinceMs: nowMs, swallowed: 0 });
    const leftOut = limit?.swallowed ?? 0;
    this.write(level, message, leftOut === 0 ? fields : { ...fields, leftOut });
  }

  /** One line of this message and key in an hour: for what anybody can cause, and somebody is to mend for each key. Of a message's keys beyond the first 100 in an hour at most one line in 10 s. */
  hourly(level: LogLevel, message: string, key: string, fields?: LogFields): void {
    if (!this.#isWanted(level)) return;
    const keyedAtMs = this.#told.keyedAtMs.get(message) ?? new Map<string, number>();
    this.#told.keyedAtMs.set(message, keyedAtMs);
    const nowMs = this.#options.time.nowMs();
    for (const [told, atMs] of keyedAtMs) {
      if (nowMs - atMs < hourMs) break;
      keyedAtMs.delete(told);
    }
    if (keyedAtMs.has(key)) return;
    if (keyedAtMs.size >= maxHourlyKeys) {
      this.limited(level, message, fields);
      return;
    }
    keyedAtMs.set(key, nowMs);
    this.write(level, message, fields);
  }

  write(level: LogLevel, message: string, fields?: LogFields): void {
    if (!this.#isWanted(level)) return;
    const all = { ...this.#fields, ...fields };
    const date = this.#options.time.date();
    this.#options.write(this.#options.format === 'json' ? jsonLine(date, level, message, all) : humanLine(date, level, message, all));
  }

  #isWanted(level: LogLevel): boolean {
    return logLevels.indexOf(level) >= logLevels.indexOf(this.#options.level);
  }
}

/** The reason of whatever was thrown, in a form that both formats take. */
export function describeError(error: unknown): string {
  if (error instanceof Error) return error.stack ?? `${error.name}: ${error.message}`;
  return String(error);
}

function jsonLine(date: Date, level: LogLevel, message: string, fields: LogFields): string {
  return JSON.stringify({ time: date.toISOString(), level, message, ...fields });
}

function humanLine(date: Date, level: LogLevel, message: string, fields: LogFields): string {
  const shown = Object.entries(fields).map(([name, value]) => ` ${name}=${humanValue(name, value)}`);
  return `${date.toISOString().slice(11, 23)} ${level.toUpperCase().padEnd(5)} ${message}${shown.join('')}`;
}

function humanValue(name: string, value: unknown): string {
  if (value === undefined) return 'undefined';
  if (typeof value !== 'string') return JSON.stringify(value);
  // A stack trace is for reading; everything else is quoted where it could pass for a line or a field of its own.
  if (name === 'error') return value.replace(/[^\P{Cc}\n]/gu, '?');
  // JSON leaves the control characters from 0x7f on as they are.
  return /^[\w./:@+-]+$/.test(value) ? value : JSON.stringify(value).replace(/\p{Cc}/gu, '?');
}
