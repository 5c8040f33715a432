// Reads the templates that lie beside this file (and any further folder) once, at the start. A door of its own: it brings the schema library along,
// 12 MB that a room process, which is handed the templates, does not need.
import { readdirSync, readFileSync } from 'node:fs';
import { indexLayouts, type Layouts } from './layouts.js';
import { LayoutError, parseTemplate, type LayoutTemplate } from './schema.js';

const ownFolder = new URL('./', import.meta.url);

export interface ReadLayouts {
  /** Of the files without mistakes. */
  readonly layouts: Layouts;
  /** At most one a file: it is no JSON, its template has mistakes, or it claims a name that another file has. */
  readonly errors: readonly LayoutError[];
}

/** @param folders each ends with a slash; all their `*.json` files are templates */
export function readLayouts(folders: readonly URL[] = [ownFolder]): ReadLayouts {
  const owners = new Map<string, string>();
  const templates: LayoutTemplate[] = [];
  const errors: LayoutError[] = [];
  for (const folder of folders) {
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.json')).sort()) {
      try {
        const template = parseTemplate(readJson(new URL(encodeURIComponent(file), folder), file), file);
        claimNames(template, file, owners);
        templates.push(template);
      } catch (error) {
        if (!(error instanceof LayoutError)) throw error;
        errors.push(error);
      }
    }
  }
  return { layouts: indexLayouts(templates), errors };
}

/** @throws {LayoutError} the first that `readLayouts` finds */
export function loadLayouts(folders?: readonly URL[]): Layouts {
  const { layouts, errors } = readLayouts(folders);
  if (errors[0] !== undefined) throw errors[0];
  return layouts;
}

function claimNames({ name, aliases }: LayoutTemplate, file: string, owners: Map<string, string>): void {
  for (const claimed of [name, ...aliases]) {
    const key = claimed.toLowerCase();
    const owner = owners.get(key);
    if (owner !== undefined) throw new LayoutError(file, [`"${claimed}" is already taken by ${owner}`]);
    owners.set(key, file);
  }
}

function readJson(url: URL, file: string): unknown {
  try {
    return JSON.parse(readFileSync(url, 'utf8'));
  } catch (error) {
    throw new LayoutError(file, [`cannot be read as JSON: ${error instanceof Error ? error.message : String(error)}`]);
  }
}
