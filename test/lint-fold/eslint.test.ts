/**
 * Every ESLint case of the corpus, for real: ESLint's own command line before and after, the rules
 * in force asked of ESLint without lint-fold, a write, and an undo.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { EslintReport } from '../../src/gate/index.ts';
import { CASCADE } from './cases/cascade.ts';
import type { EslintCase } from './cases/case.ts';
import { LANGUAGE } from './cases/language.ts';
import { PACKAGES } from './cases/packages.ts';
import { type CliRun, effectiveRules, type Rules, runCli, sameRules } from './eslint-cli.ts';
import { lintFold, makeWorkspace, snapshot } from './workspace.ts';

for (const each of [...CASCADE, ...LANGUAGE, ...PACKAGES]) {
  test(`eslint: ${each.name}`, async () => {
    using workspace = makeWorkspace(undefined, each.files);
    if (each.refuses !== undefined) await refuses(workspace.root, each);
    else {
      const before = await runBefore(workspace.root, each);
      await exact(workspace.root, each, before);
      await unified(workspace.root, each, before);
    }
  });
}

function argsOf(each: EslintCase): string[] {
  return [
    ...(each.args ?? []),
    ...(each.before === undefined ? [] : ['--eslint-before', `node_modules/${each.before}`]),
    ...(each.after === undefined ? [] : ['--eslint-after', `node_modules/${each.after}`]),
  ];
}

async function refuses(root: string, each: EslintCase): Promise<void> {
  const before = snapshot(root);
  const told = await lintFold(root, ['--write', ...argsOf(each)]);
  assert.equal(told.code, 2);
  assert.match(told.stderr, each.refuses as RegExp);
  assert.deepEqual(snapshot(root), before, 'nothing changed');
  if (each.neverMade !== undefined) assert.ok(!existsSync(join(root, each.neverMade)));
}

interface Before {
  readonly run: CliRun;
  readonly rules: Rules;
}

async function runBefore(root: string, each: EslintCase): Promise<Before> {
  const old = each.before ?? 'eslint';
  const ext = each.ext === undefined ? [] : ['--ext', each.ext];
  const run = await runCli(old, 'legacy', root, [...ext, ...(each.targets ?? ['.'])]);
  return { run, rules: await effectiveRules(old, 'legacy', root, run.files) };
}

/** Writes, asks ESLint, undoes. The counts of the report are held against what ESLint prints. */
async function fold(root: string, each: EslintCase, before: Before, mode: '--exact' | '--unify') {
  const now = each.after ?? 'eslint';
  const untouched = snapshot(root);
  const told = await lintFold(root, [mode, '--write', '--json', ...argsOf(each)]);
  assert.notEqual(told.code, 2, told.stderr);
  const report = (JSON.parse(told.stdout) as { eslint: EslintReport }).eslint;
  const after = await runCli(now, 'flat', root, [...(each.targets ?? ['.'])]);
  const rules = await effectiveRules(now, 'flat', root, before.run.files);
  const source = readFileSync(join(root, 'eslint.config.mjs'), 'utf8');
  assert.equal((await lintFold(root, ['--undo'])).code, 0);
  assert.deepEqual(snapshot(root), untouched, 'undo restores every byte');
  assert.deepEqual(
    [report.before.errorCount, report.before.warningCount],
    [before.run.errors, before.run.warnings],
  );
  assert.deepEqual(
    [report.after.errorCount, report.after.warningCount],
    [after.errors, after.warnings],
  );
  assert.deepEqual(Object.keys(report.before.files).sort(), before.run.files);
  assert.deepEqual(Object.keys(report.after.files).sort(), after.files);
  return { told, report, after, rules, source };
}

async function exact(root: string, each: EslintCase, before: Before): Promise<void> {
  const untouched = snapshot(root);
  const dry = await lintFold(root, ['--exact', ...argsOf(each)]);
  assert.deepEqual(snapshot(root), untouched, 'a dry run changes nothing');
  const { report, after, told, rules, source } = await fold(root, each, before, '--exact');
  assert.equal(told.code, each.lists === undefined ? 0 : 1, dry.stdout);
  assert.equal(dry.code, told.code);
  if (each.lists !== undefined) assert.match(dry.stdout, each.lists);
  if (each.contains !== undefined) assert.match(source, each.contains);
  if (each.lacks !== undefined) assert.doesNotMatch(source, each.lacks);
  // Every file is proven equal, or listed.
  const listed = report.comparison.groups.flatMap(({ files }) => files);
  const kept = before.run.files.filter((file) => !report.removed.includes(file));
  assert.deepEqual([...report.comparison.equal, ...listed].sort(), kept);
  assert.deepEqual(listed, [], JSON.stringify(report.comparison.groups));
  const lost = lostIn(report);
  // From 9 on ESLint fills in default options when it shows a flat configuration.
  const withOptions = (each.after ?? 'eslint') === 'eslint';
  for (const file of kept) {
    const different = sameRules(before.rules[file] ?? null, rules[file] ?? null, withOptions);
    const unlisted = different.filter((rule) => !lost.has(`${file} ${rule}`));
    assert.deepEqual(unlisted, [], `${file}: rules in force, asked of ESLint itself`);
  }
  if (each.before === each.after && each.lists === undefined) {
    const removed = (message: string) => report.removed.includes(message.split(' ')[0] as string);
    const expected = before.run.messages.filter((message) => !removed(message));
    assert.deepEqual(after.messages, expected, 'the same violations, one by one');
  }
}

async function unified(root: string, each: EslintCase, before: Before): Promise<void> {
  const { report, rules } = await fold(root, each, before, '--unify');
  // Whatever ESLint itself says changed for a file is on the list.
  const listed = new Set(
    report.changes.flatMap(({ rule, files }) => files.map((file) => `${file} ${rule}`)),
  );
  const lost = lostIn(report);
  for (const file of before.run.files.filter((name) => !report.removed.includes(name))) {
    for (const rule of sameRules(before.rules[file] ?? null, rules[file] ?? null, false)) {
      assert.ok(
        listed.has(`${file} ${rule}`) || lost.has(`${file} ${rule}`),
        `${file} ${rule} is not listed`,
      );
    }
  }
  for (const { rule, files, after } of report.changes) {
    for (const file of files) {
      assert.equal(rules[file]?.[rule]?.[0] ?? 0, after?.[0] ?? 0, `${file} ${rule}`);
    }
  }
}

/** `file rule` of every setting that the new ESLint refuses. */
function lostIn(report: EslintReport): Set<string> {
  return new Set(report.lost.flatMap(({ rule, files }) => files.map((file) => `${file} ${rule}`)));
}
