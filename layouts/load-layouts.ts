// Reads the templates that lie beside this file (and any further folder) once, at the start.
import { readdirSync, readFileSync } from 'node:fs';
import { LayoutError, parseTemplate, type LayoutTemplate } from './schema.js';

/** All templates of a server, found by name or alias. Upper and lower case are one, so are Vonage's `bestFit` and `bestfit`. */
export interface Layouts {
  /** The templates' own names, in alphabetical order. */
  readonly names: readonly string[];
  find(nameOrAlias: string): LayoutTemplate | undefined;
}

const ownFolder = new URL('./', import.meta.url);

/**
 * @param folders each ends with a slash; all their `*.json` files are templates
 * @throws {LayoutError} for a file that is no JSON, a template with mistakes, or a name that two files claim
 */
export function loadLayouts(folders: readonly URL[] = [ownFolder]): Layouts {
  const byName = new Map<string, LayoutTemplate>();
  const owners = new Map<string, string>();
  const names: string[] = [];
  for (const folder of folders) {
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.json')).sort()) {
      const template = parseTemplate(readJson(new URL(encodeURIComponent(file), folder), file), file);
      names.push(template.name);
      for (const claimed of [template.name, ...template.aliases]) {
        const key = claimed.toLowerCase();
        const owner = owners.get(key);
        if (owner !== undefined) throw new LayoutError(file, [`"${claimed}" is already taken by ${owner}`]);
        owners.set(key, file);
        byName.set(key, template);
      }
    }
  }
  return { names: names.sort(), find: (nameOrAlias) => byName.get(nameOrAlias.toLowerCase()) };
}

function readJson(url: URL, file: string): unknown {
  try {
    return JSON.parse(readFileSync(url, 'utf8'));
  } catch (error) {
    throw new LayoutError(file, [`cannot be read as JSON: ${error instanceof Error ? error.message : String(error)}`]);
  }
}
