/** TypeScript output over all definitions: compiles strictly, runs, repeats itself, keeps edits. */
import assert from 'node:assert/strict';
import { appendFileSync, cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { throughBuf } from './buf-output.ts';
import { type Source, sources } from './definitions.ts';
import { must, npmBin, run, workFolder } from './tools.ts';
import {
  compileStrict,
  digests,
  filesOf,
  fillInSkeletons,
  generateTests,
  generateTypeScript,
  linkModules,
  OPTIONS,
  runTests,
  typeScriptFiles,
} from './typescript-output.ts';

describe('TypeScript from real definitions', () => {
  const folder = workFolder('typescript');
  const all = sources();
  const out = (source: Source): string => join(folder, 'ts', source.name);
  const testFiles = (): string[] =>
    filesOf(join(folder, 'js'))
      .filter((name) => name.endsWith('.test.js'))
      .map((name) => join('js', name));

  before(() => {
    for (const source of all) generateTypeScript(source, folder, out(source));
  });

  it('is made for at least 50 definitions', () => {
    const count = all.flatMap(typeScriptFiles).length;
    assert.ok(count >= 50, `${count}`);
  });

  it('is byte-identical when generated again', () => {
    for (const source of all) {
      const first = digests(out(source));
      generateTests(source, folder, out(source));
      assert.deepEqual(digests(out(source)), first, source.name);
    }
  });

  it('leaves a file that was edited by hand as it is', () => {
    const [source] = all as [Source];
    const path = join(out(source), 'awkward/empty.test.ts');
    const before = readFileSync(path, 'utf8');
    appendFileSync(path, '// edited by hand\n');
    generateTests(source, folder, out(source));
    assert.equal(readFileSync(path, 'utf8'), `${before}// edited by hand\n`);
    writeFileSync(path, before);
  });

  it('fails as long as nothing is filled in', () => {
    const own = workFolder('typescript-unfilled');
    const [source] = all as [Source];
    cpSync(out(source), join(own, 'ts'), { recursive: true });
    const compiled = compileStrict(own);
    assert.equal(compiled.status, 0, compiled.stdout);
    const open = filesOf(join(own, 'ts'))
      .filter((name) => name.endsWith('.test.ts'))
      .flatMap(
        (name) => readFileSync(join(own, 'ts', name), 'utf8').match(/: fillIn,/g) ?? [],
      ).length;
    const tests = filesOf(join(own, 'js')).filter((name) => name.endsWith('.test.js'));
    const ran = runTests(
      own,
      tests.map((name) => join('js', name)),
    );
    assert.notEqual(ran.status, 0);
    assert.ok(open > 500 && ran.fail >= open, `${ran.fail} of ${open} open ones fail`);
  });

  it('compiles under strict settings and passes against an in-memory server', (t) => {
    const filled = all.map((source) => fillInSkeletons(out(source))).reduce((a, b) => a + b);
    const compiled = compileStrict(folder);
    assert.equal(compiled.status, 0, compiled.stdout.slice(0, 4000));
    const ran = runTests(folder, testFiles());
    t.diagnostic(
      `${testFiles().length} files, ${ran.pass} passed, ${ran.fail} failed, ${filled} cases`,
    );
    assert.equal(ran.fail, 0, ran.stdout.match(/not ok[\s\S]{0,600}/)?.[0]);
    assert.equal(ran.status, 0);
    assert.ok(ran.pass > 20_000 && filled > 4000);
  });

  it('is the same through buf', () => {
    for (const source of all.filter(({ name }) => name !== 'known')) {
      const made = throughBuf(source, typeScriptFiles(source), folder, OPTIONS);
      const expected = new Map(
        [...digests(out(source))].filter(([name]) => /\.gen\.ts$/.test(name)),
      );
      assert.deepEqual(digests(made), expected, source.name);
    }
  });

  it('is made as JavaScript and declarations too', () => {
    const own = workFolder('javascript');
    const source = {
      ...(all[0] as Source),
      files: ['awkward/scalars.proto', 'awkward/empty.proto'],
    };
    generateTypeScript(source, own, join(own, 'js'), 'target=js+dts');
    linkModules(own);
    writeFileSync(join(own, 'package.json'), '{"type":"module"}');
    // The messages come as TypeScript: let the types be stripped by the compiler.
    const flags = [
      '--ignoreConfig',
      '--skipLibCheck',
      '--target',
      'es2023',
      '--module',
      'nodenext',
    ];
    const messages = filesOf(join(own, 'js')).filter((name) => name.endsWith('_pb.ts'));
    must(npmBin('tsc'), [...flags, ...messages.map((name) => join('js', name))], { cwd: own });
    const { pass, fail } = runTests(own, ['js/awkward/scalars.test.js']);
    // Messages pass; the service's cases are not filled in.
    assert.ok(pass > 250 && fail > 100, `${pass} passed, ${fail} failed`);
  });

  it('runs under Vitest too', () => {
    const own = workFolder('vitest');
    const source = {
      ...(all[0] as Source),
      files: ['awkward/scalars.proto', 'awkward/maps.proto'],
    };
    generateTypeScript(source, own, join(own, 'ts'), 'runner=vitest,protocol=grpc');
    fillInSkeletons(join(own, 'ts'));
    linkModules(own);
    writeFileSync(join(own, 'package.json'), '{"type":"module"}');
    const { status, stdout, stderr } = run(npmBin('vitest'), ['run', '--root', own], {
      cwd: own,
      env: { ...process.env, NO_COLOR: '1' },
    });
    assert.equal(status, 0, `${stdout}${stderr}`.slice(-4000));
    assert.match(stdout, /Tests\s+\d{3} passed/);
  });
});
