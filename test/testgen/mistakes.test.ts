/**
 * The example service and its twenty mistakes: the generated tests, filled in as docs/testgen.md
 * says, pass on the service as it is and fail on at least fifteen of them.
 */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { MISTAKES } from '../../examples/testgen/typescript/mistakes.ts';
import { npmBin, PLUGIN, protoc, protovalidateModule, ROOT, run, workFolder } from './tools.ts';
import { linkModules, runTests } from './typescript-output.ts';

const EXAMPLE = join(ROOT, 'examples/testgen');
const CAUGHT_MIN = 15;

describe('the example service', () => {
  const folder = workFolder('mistakes');
  const source = readFileSync(join(EXAMPLE, 'typescript/library.ts'), 'utf8');
  const check = (file: string) => {
    const options = ['--noEmit', '--strict', '--target', 'es2023', '--module', 'nodenext'];
    const flags = ['--allowImportingTsExtensions', '--types', 'node', '--skipLibCheck'];
    return run(npmBin('tsc'), ['--ignoreConfig', ...options, ...flags, file], { cwd: folder });
  };
  const tests = () => runTests(folder, ['library.test.ts']);

  before(() => {
    linkModules(folder);
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    for (const name of ['library.ts', 'library.test.ts']) {
      cpSync(join(EXAMPLE, 'typescript', name), join(folder, name));
    }
    const gen = join(folder, 'gen');
    mkdirSync(gen);
    const extension = 'target=ts,import_extension=ts';
    const ran = protoc(
      [
        `-I${join(EXAMPLE, 'proto')}`,
        `-I${join(protovalidateModule(), 'proto/protovalidate')}`,
        `--plugin=protoc-gen-es=${npmBin('protoc-gen-es')}`,
        `--plugin=protoc-gen-vitrine-test=${PLUGIN}`,
        ...[`--es_out=${gen}`, `--es_opt=${extension},erasable_syntax=true`],
        ...[`--vitrine-test_out=${gen}`, `--vitrine-test_opt=${extension}`],
        ...['library/v1/library.proto', 'buf/validate/validate.proto'],
      ],
      folder,
    );
    assert.equal(ran.status, 0, ran.stderr);
  });

  it('passes its tests, which compile under strict settings', (t) => {
    const compiled = check('library.test.ts');
    assert.equal(compiled.status, 0, compiled.stdout);
    const { pass, fail } = tests();
    t.diagnostic(`${pass} passed`);
    assert.equal(fail, 0);
    assert.ok(pass > 250);
  });

  it('has types that refuse a case that does not exist and a field that does not', () => {
    const text = readFileSync(join(folder, 'library.test.ts'), 'utf8');
    const wrong = [
      text.replace("'step = max': {", "'step = maximum': {"),
      text.replace('{ total: 202n, count: 3 }', '{ total: 202n, counted: 3 }'),
      text.replace('{ total: 202n, count: 3 }', '{ total: 202, count: 3 }'),
    ];
    for (const [i, variant] of wrong.entries()) {
      assert.notEqual(variant, text);
      writeFileSync(join(folder, `wrong-${i}.ts`), variant);
      assert.match(check(`wrong-${i}.ts`).stdout, /error TS2(353|322|561|820)/);
    }
  });

  it(`is caught in at least ${CAUGHT_MIN} of its 20 mistakes`, (t) => {
    assert.equal(MISTAKES.length, 20);
    const missed: string[] = [];
    for (const { name, find, replace } of MISTAKES) {
      assert.equal(source.split(find).length, 2, `"${name}" must fit library.ts in one place`);
      writeFileSync(
        join(folder, 'library.ts'),
        source.replace(find, () => replace),
      );
      const { pass, fail } = tests();
      // A mistake that does not even load is no mistake of the kind meant.
      assert.ok(pass > 150, `"${name}": only ${pass} tests passed`);
      t.diagnostic(`${fail > 0 ? `caught by ${fail}` : 'MISSED'}: ${name}`);
      if (fail === 0) missed.push(name);
    }
    writeFileSync(join(folder, 'library.ts'), source);
    const caught = MISTAKES.length - missed.length;
    t.diagnostic(`${caught} of ${MISTAKES.length} caught`);
    assert.ok(caught >= CAUGHT_MIN, `missed: ${missed.join(', ')}`);
  });
});
