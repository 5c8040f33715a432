// The templates that a room can choose from.
import type { LayoutTemplate } from './schema.js';

/** Found by name or alias. Upper and lower case are one, so are Vonage's `bestFit` and `bestfit`. */
export interface Layouts {
  /** The templates' own names, in alphabetical order. */
  readonly names: readonly string[];
  readonly templates: readonly LayoutTemplate[];
  find(nameOrAlias: string): LayoutTemplate | undefined;
}

/** Of a name that two templates claim, the first has it. */
export function indexLayouts(templates: readonly LayoutTemplate[]): Layouts {
  const byName = new Map([...templates].reverse().flatMap((template) => [template.name, ...template.aliases].map((name) => [name.toLowerCase(), template] as const)));
  return { names: templates.map(({ name }) => name).sort(), templates, find: (nameOrAlias) => byName.get(nameOrAlias.toLowerCase()) };
}
