/**
 * The rules in force for files, asked of ESLint directly, without any code of lint-fold.
 * node effective.mjs ESLINT_DIR legacy|flat ROOT FILES_JSON -> {file: {rule: [severity, ...]}}
 * where a file that is not linted has null.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [dir, kind, root, files] = process.argv.slice(2);
const require = createRequire(join(dir, 'package.json'));
const major = Number.parseInt(require('./package.json').version, 10);
const { ESLint } = require('eslint');
const other = major === 10 ? {} : require('eslint/use-at-your-own-risk');
const Legacy = major === 8 ? ESLint : other.LegacyESLint;
const Flat = major === 8 ? other.FlatESLint : ESLint;
const eslint = new (kind === 'flat' ? Flat : Legacy)({ cwd: root });
const names = ['off', 'warn', 'error'];
const answer = {};
for (const file of JSON.parse(files)) {
  const path = join(root, file);
  const config = (await eslint.isPathIgnored(path))
    ? undefined
    : await eslint.calculateConfigForFile(path);
  answer[file] = null;
  if (config === undefined) continue;
  answer[file] = {};
  for (const [rule, value] of Object.entries(config.rules ?? {})) {
    const [severity, ...options] = Array.isArray(value) ? value : [value];
    const number = typeof severity === 'number' ? severity : names.indexOf(severity);
    if (number > 0) answer[file][rule] = [number, ...options];
  }
}
process.stdout.write(JSON.stringify(answer));
