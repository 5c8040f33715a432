import { fileURLToPath } from 'node:url';

/** The repository's, from dist/test/support. */
export const rootFolder = fileURLToPath(new URL('../../../', import.meta.url));
