import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readGoOptions } from './golang/packages.ts';
import { readTypeScriptOptions, splitParameter, takeLanguage } from './options.ts';

const read = (parameter: string) => readTypeScriptOptions(splitParameter(parameter));

describe('options of the plug-in', () => {
  it('have defaults', () => {
    assert.deepEqual(read(''), { casesMax: 64, runner: 'node', protocol: 'connect' });
    assert.equal(takeLanguage('').language, 'ts');
  });

  it('are refused with what was expected, what came, and the nearest known one', () => {
    assert.throws(() => read('runer=node'), /unknown option "runer"; did you mean runner\?/);
    assert.throws(() => read('runner=jest'), /expected node or vitest, got "jest"/);
    assert.throws(() => read('protocol=rest'), /expected connect, grpc or grpc-web, got "rest"/);
    assert.throws(() => read('cases_max=1'), /from 2 to 10000, got "1"/);
    assert.throws(() => read('skeletons='), /expected a folder/);
    assert.throws(() => read('out=gen'), /give skeletons too/);
    assert.throws(() => read('paths=source_relative'), /is one of lang=go/);
    assert.throws(() => takeLanguage('lang=rust'), /expected ts or go, got "rust"/);
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
