/** Seven real repositories (repos/README.md), folded in both modes and held against ESLint. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { EslintReport } from '../../src/gate/index.ts';
import { effectiveRules, printedCounts, runCli, sameRules } from './eslint-cli.ts';
import { lintFold, makeWorkspace, SUITE, snapshot } from './workspace.ts';

interface Repo {
  readonly name: string;
  /** `--ext` of its own lint script. */
  readonly ext?: string;
  readonly configurations: number;
  /** Folders differ in rules, not only in environments and parser options. Default true. */
  readonly rulesDiffer?: false;
  /** Files whose violations differ although their settings are the same. */
  readonly otherViolations?: readonly string[];
}

/** eslint-plugin-html 7 works by replacing methods that only the old system calls. */
const JSDOM_HTML = [
  'FileAPI/blob/Blob-size.html',
  'FileAPI/file/File-lastModified.html',
  'FileAPI/reading-data-section/filereader_readAsDataURL.html',
].map((path) => `test/web-platform-tests/to-upstream/${path}`);

const REPOS: readonly Repo[] = [
  { name: 'body-parser', configurations: 2, rulesDiffer: false },
  { name: 'chart.js', configurations: 5 },
  { name: 'handlebars', configurations: 7 },
  { name: 'jsdom', configurations: 3, ext: '.js,.html', otherViolations: JSDOM_HTML },
  { name: 'node-mongodb-native', configurations: 4, rulesDiffer: false },
  { name: 'novnc', configurations: 4 },
  { name: 'webpack-cli', configurations: 2, ext: '.js,.ts' },
];

for (const repo of REPOS) {
  test(`repository ${repo.name}: exact and unified`, async () => {
    using workspace = makeWorkspace(join(SUITE, 'repos', repo.name), {});
    const { root } = workspace;
    linkOwnPlugin(root);
    const untouched = snapshot(root);
    const args = repo.ext === undefined ? ['.'] : ['--ext', repo.ext, '.'];
    const before = await runCli('eslint', 'legacy', root, args);
    const printed = await printedCounts('eslint', 'legacy', root, args);
    const rules = await effectiveRules('eslint', 'legacy', root, before.files);
    for (const mode of ['--exact', '--unify'] as const) {
      const told = await lintFold(root, [mode, '--allow-js', '--write', '--json']);
      assert.notEqual(told.code, 2, told.stderr);
      const report = (JSON.parse(told.stdout) as { eslint: EslintReport }).eslint;
      const counts = await printedCounts('eslint', 'flat', root, ['.']);
      const after = await effectiveRules('eslint', 'flat', root, before.files);
      const leftOver = [...snapshot(root).keys()].filter((path) =>
        /\.eslint(rc|ignore)/.test(path),
      );
      assert.deepEqual(leftOver, [], 'every old configuration is gone');
      assert.equal((await lintFold(root, ['--undo'])).code, 0);
      assert.deepEqual(snapshot(root), untouched, 'undo restores every byte');
      // What ESLint prints on its last line.
      assert.deepEqual([report.before.errorCount, report.before.warningCount], printed);
      assert.deepEqual([report.after.errorCount, report.after.warningCount], counts);
      assert.equal(
        report.sources.filter((path) => !path.includes('ignore')).length,
        repo.configurations,
      );
      const kept = before.files.filter((file) => !report.removed.includes(file));
      assert.deepEqual(report.comparison.equal, kept, JSON.stringify(report.comparison.groups));
      const listed = new Set(
        report.changes.flatMap(({ rule, files }) => files.map((file) => `${file} ${rule}`)),
      );
      for (const file of kept) {
        const changed = sameRules(rules[file] ?? null, after[file] ?? null, mode === '--exact');
        const unlisted = changed.filter((rule) => !listed.has(`${file} ${rule}`));
        assert.deepEqual(unlisted, [], `${file}: rules in force, asked of ESLint itself`);
      }
      if (mode === '--exact') {
        assert.deepEqual(report.changes, []);
        assert.deepEqual(
          report.violationChanges.map(({ file }) => file).sort(),
          repo.otherViolations ?? [],
        );
      } else assert.equal(report.changes.length > 0, repo.rulesDiffer ?? true);
    }
  });
}

test('repository novnc: exact, from ESLint 8 straight to ESLint 10', async () => {
  using workspace = makeWorkspace(join(SUITE, 'repos/novnc'), {});
  const { root } = workspace;
  const before = await printedCounts('eslint', 'legacy', root, ['.']);
  const told = await lintFold(root, [
    ...['--write', '--json', '--eslint-after', 'node_modules/eslint-10'],
  ]);
  const report = (JSON.parse(told.stdout) as { eslint: EslintReport }).eslint;
  assert.deepEqual(report.comparison.groups, []);
  assert.deepEqual([report.before.errorCount, report.before.warningCount], before);
  const after = await printedCounts('eslint-10', 'flat', root, ['.']);
  assert.deepEqual([report.after.errorCount, report.after.warningCount], after);
  assert.equal(told.code, report.lost.length + report.violationChanges.length > 0 ? 1 : 0);
});

/** jsdom keeps a plug-in of its own in the repository and links to it from node_modules. */
function linkOwnPlugin(root: string): void {
  if (!existsSync(join(root, 'scripts/eslint-plugin'))) return;
  const link = join(root, 'node_modules/eslint-plugin-jsdom-internal');
  rmSync(link, { force: true });
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  symlinkSync('../scripts/eslint-plugin', link);
}
