// Reads the templates that lie beside this file (and any further folder) once, at the start. A door of its own: it brings the schema library along,
// 12 MB that a room process, which is handed the templates, does not need.
import { readdirSync, readFileSync } from 'node:fs';
import { indexLayouts, type Layouts } from './layouts.js';
import { LayoutError, parseTemplate, type LayoutTemplate } from './schema.js';

const ownFolder = new URL('./', import.meta.url);

/**
 * @param folders each ends with a slash; all their `*.json` files are templates
 * @throws {LayoutError} for a file that is no JSON, a template with mistakes, or a name that two files claim
 */
export function loadLayouts(folders: readonly URL[] = [ownFolder]): Layouts {
  const owners = new Map<string, string>();
  const templates: LayoutTemplate[] = [];
  for (const folder of folders) {
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.json')).sort()) {
      const template = parseTemplate(readJson(new URL(encodeURIComponent(file), folder), file), file);
      templates.push(template);
      for (const claimed of [template.name, ...template.aliases]) {
        const key = claimed.toLowerCase();
        const owner = owners.get(key);
        if (owner !== undefined) throw new LayoutError(file, [`"${claimed}" is already taken by ${owner}`]);
        owners.set(key, file);
      }
    }
  }
  return indexLayouts(templates);
}

function readJson(url: URL, file: string): unknown {
  try {
    return JSON.parse(readFileSync(url, 'utf8'));
  } catch (error) {
    throw new LayoutError(file, [`cannot be read as JSON: ${error instanceof Error ? error.message : String(error)}`]);
  }
}
