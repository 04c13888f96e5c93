import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readGoOptions } from './golang/packages.ts';
import { readOption, readTypeScriptOptions, splitParameter, takeLanguage } from './options.ts';

const read = (parameter: string) => readTypeScriptOptions(splitParameter(parameter));

describe('options of the plug-in', () => {
  it('have defaults', () => {
    assert.deepEqual(read(''), { casesMax: 64, runner: 'node', protocol: 'connect' });
    assert.equal(takeLanguage([]).language, 'ts');
  });

  it('are refused with what was expected, what came, and the nearest known one', () => {
    assert.throws(() => read('runer=node'), /unknown option "runer"; did you mean runner\?/);
    assert.throws(() => read('runner=jest'), /expected node or vitest, got "jest"/);
    assert.throws(() => read('protocol=rest'), /expected connect, grpc or grpc-web, got "rest"/);
    assert.throws(() => read('cases_max=1'), /from 2 to 10000, got "1"/);
    assert.throws(() => read('skeletons='), /expected a folder/);
    assert.throws(() => read('out=gen'), /give skeletons too/);
    assert.throws(() => read('paths=source_relative'), /is one of lang=go/);
    assert.throws(() => takeLanguage(splitParameter('lang=rust')), /expected ts or go, got "rust"/);
  });

  it('are given once each', () => {
    assert.throws(() => read('runner=node,runner=vitest'), /option runner is given twice/);
    assert.throws(() => takeLanguage(splitParameter('lang=ts,lang=go')), /lang is given twice/);
    const twice = splitParameter('module=a,module=b');
    assert.throws(() => readGoOptions(twice), /option module is given twice/);
    for (const cases of ['', '0x10', '1e2', '2.0', '-3']) {
      assert.throws(() => read(`cases_max=${cases}`), /from 2 to 10000/);
    }
  });

  it('of the command are one each, and none that is a flag of its own', () => {
    assert.deepEqual(readOption('a=b=c'), { key: 'a', value: 'b=c' });
    assert.deepEqual(readOption('ts_nocheck'), { key: 'ts_nocheck', value: '' });
    assert.throws(() => readOption('runner=vitest,lang=go'), /without commas/);
    assert.throws(() => readOption('skeletons='), /give it as --skeletons/);
    assert.throws(() => readOption('lang=go'), /give it as --lang/);
    assert.throws(() => readOption(''), /expected KEY=VALUE/);
  });

  it('of Go follow protoc-gen-go', () => {
    const raw = 'paths=source_relative,Ma.proto=example.com/a;apb,apilevelMa.proto=API_OPAQUE';
    const options = readGoOptions(splitParameter(raw));
    assert.equal(options.mapped.get('a.proto'), 'example.com/a;apb');
    assert.equal(options.apiLevels.get('a.proto'), 'opaque');
    assert.throws(() => readGoOptions(splitParameter('paths=here')), /import or source_relative/);
    assert.throws(
      () => readGoOptions(splitParameter('paths=source_relative,module=m')),
      /exclude each other/,
    );
  });
});
