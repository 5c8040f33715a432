/** Log lines: for people on a terminal, JSON elsewhere. Whoever can be made to log by strangers uses `limited`. */
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

/** One line of a key in this time: quick enough to see that it goes on, slow enough for a disk that a stranger would like to fill. */
const limitedPeriodMs = 10_000;

interface Limit {
  sinceMs: number;
  swallowed: number;
}

export class Log {
  readonly #options: LogOptions;
  readonly #fields: LogFields;
  readonly #limits: Map<string, Limit>;

  constructor(options: LogOptions, fields: LogFields = {}, limits = new Map<string, Limit>()) {
    this.#options = options;
    this.#fields = fields;
    this.#limits = limits;
  }

  /** The same log with these fields in each line; limits are shared with it. */
  child(fields: LogFields): Log {
    return new Log(this.#options, { ...this.#fields, ...fields }, this.#limits);
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
    const limit = this.#limits.get(message);
    if (limit !== undefined && nowMs - limit.sinceMs < limitedPeriodMs) {
      limit.swallowed += 1;
      return;
    }
    this.#limits.set(message, { sinceMs: nowMs, swallowed: 0 });
    const leftOut = limit?.swallowed ?? 0;
    this.write(level, message, leftOut === 0 ? fields : { ...fields, leftOut });
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
  return /^[\w./:@+-]+$/.test(value) ? value : JSON.stringify(value);
}
