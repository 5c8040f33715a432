import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

const clockMessage = 'Time and randomness are arguments (STYLE 7): take nowUs, a timer or a random source from outside.';

export default defineConfig(
  { ignores: ['dist/', 'node_modules/', 'demo/'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/strict-boolean-expressions': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      // Numbers and booleans read well in log lines and messages; objects and undefined do not and stay forbidden.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // `class X { readonly #listeners }` with arrow shorthand returning void is how events are wired here.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  {
    files: ['src/**/*.ts', 'mixer/**/*.ts', 'layouts/**/*.ts'],
    ignores: ['mixer/clock/**', '**/main.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: clockMessage },
        { object: 'performance', property: 'now', message: clockMessage },
        { object: 'process', property: 'hrtime', message: clockMessage },
        { object: 'Math', property: 'random', message: clockMessage },
      ],
      'no-restricted-imports': ['error', { paths: [{ name: 'node:process', importNames: ['hrtime'], message: clockMessage }] }],
      'no-restricted-globals': ['error', ...['setTimeout', 'setInterval'].map((name) => ({ name, message: clockMessage }))],
    },
  },
  {
    // chai asserts by property access, mocha by callbacks that answer nothing.
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-unused-expressions': 'off', '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  {
    files: ['public/**/*.js', 'scripts/**/*.mjs', '*.js'],
    rules: { eqeqeq: 'error', 'no-undef': 'off', 'no-unused-vars': 'error', 'prefer-const': 'error' },
  },
);
