import js from '@eslint/js';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: ['**/dist', '**/node_modules', '.state', 'coverage'],
  },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-console': 'error',
    },
  },
  // Examples are compiled against the packed library, by their own settings, in test/examples.
  {
    files: ['examples/**/*.ts'],
    extends: [tseslint.configs.disableTypeChecked],
    rules: { 'no-console': 'off' },
  },
  // The references are installed by the benchmarks alone, so their types are not there: `npm run typecheck` in that folder checks them.
  { files: ['bench/peers/**/*.ts'], extends: [tseslint.configs.disableTypeChecked] },
  // The terminal is the interface of the local stack's commands and of the benchmarks.
  {
    files: [
      'local/**',
      'tools/**',
      'bench/**',
      'test/crash/matrix/main.ts',
      'test/{compose,fuzz,mutation,support}/**',
      'packages/durable-jobs/{src/{dev,cli},template}/**',
    ],
    rules: { 'no-console': 'off' },
  },
  {
    // Workflow code must be deterministic: no clocks, timers, randomness or modules of Node's own choosing.
    files: [
      'workflows/**/*.ts',
      'packages/durable-jobs/src/jobs/workflow/**/*.ts',
      'packages/durable-jobs/src/**/*workflow.ts',
    ],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['node:*', 'zod', 'pino', 'pg', 'kysely', '../domain/*', '../activities/*'],
              allowTypeImports: true,
            },
          ],
        },
      ],
      'no-restricted-globals': ['error', 'setTimeout', 'setInterval', 'setImmediate', 'process', 'fetch'],
    },
  },
  {
    // Scripts of our pages. The compiler, which knows what browsers have, checks their names and types (tsconfig.browser.json).
    files: ['**/browser/*.js'],
    rules: { 'no-undef': 'off', 'no-console': 'error' },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    ignores: ['**/browser/*.js'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        module: 'writable',
        require: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        fetch: 'readonly',
      },
    },
    rules: { 'no-console': 'off' },
  },
);
