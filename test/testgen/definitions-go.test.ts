/** Go output over all definitions: gofmt, go vet, and runs against bufconn servers. */
import assert from 'node:assert/strict';
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { throughBuf } from './buf-output.ts';
import { type Source, sources } from './definitions.ts';
import { fillInGoSkeletons, generateGo, makeModule } from './go-output.ts';
import {
  goPlugins,
  must,
  PLUGIN,
  protoc,
  protovalidateModule,
  ROOT,
  run,
  workFolder,
} from './tools.ts';
import { digests, filesOf } from './typescript-output.ts';

/**
 * Where protovalidate's Go and JavaScript, at the locked versions, disagree about a sample. A line
 * that is no longer needed fails the suite.
 */
const KNOWN_DIVERGENCE = [
  // The empty text against the loose pattern of header values, ^[^\u0000\n\r]*$: Go refuses it.
  'TestGenRules_StringHttpHeaderValueLoose/val_unset:_valid',
];

describe('Go from real definitions', () => {
  const folder = workFolder('go');
  const all = sources();
  const generated = (): Map<string, string> =>
    new Map([...digests(folder)].filter(([name]) => /_(gen|cases)_test\.go$/.test(name)));

  before(() => {
    makeModule(folder);
    for (const source of all) generateGo(source, folder);
  });

  it('is byte-identical when generated again, edited files aside', () => {
    const first = generated();
    const path = join(
      folder,
      [...first.keys()].find((name) => name.endsWith('_cases_test.go')) ?? '',
    );
    const text = readFileSync(path, 'utf8');
    appendFileSync(path, '\n// edited by hand\n');
    for (const source of all) generateGo(source, folder);
    assert.equal(readFileSync(path, 'utf8'), `${text}\n// edited by hand\n`);
    writeFileSync(path, text);
    assert.deepEqual(generated(), first);
    const count = [...first.keys()].filter((name) => name.endsWith('_gen_test.go')).length;
    assert.ok(count >= 50, `${count} files`);
  });

  it('is the same through buf', () => {
    const [source] = all as [Source];
    const options = 'lang=go,module=vitrine.test';
    const own = workFolder('go-protoc');
    const includes = source.includes.map((include) => `-I${include}`);
    const plugin = [`--plugin=protoc-gen-vitrine-test=${PLUGIN}`, '--vitrine-test_out=.'];
    const args = [...includes, ...plugin, `--vitrine-test_opt=${options}`, ...source.files];
    const ran = protoc(args, own);
    assert.equal(ran.status, 0, ran.stderr);
    const made = throughBuf(source, source.files, folder, options);
    assert.deepEqual(digests(made), digests(own));
  });

  it('passes gofmt', () => {
    const files = [...generated().keys()];
    assert.equal(must('gofmt', ['-l', ...files], { cwd: folder }), '');
  });

  it('fails as long as nothing is filled in', () => {
    const { status, stdout } = run('go', ['test', './awkward/awkward/empty/...'], { cwd: folder });
    assert.notEqual(status, 0);
    assert.match(stdout, /awkward\.empty\.Pings: fill in Register/);
    assert.doesNotMatch(stdout, /--- PASS: TestGenService/);
  });

  it('passes go vet, and its tests against a bufconn server', (t) => {
    const filled = fillInGoSkeletons(folder);
    const vet = run('go', ['vet', './...'], { cwd: folder });
    assert.equal(vet.status, 0, vet.stderr.slice(0, 4000));
    const { stdout, stderr } = run('go', ['test', '-vet=off', '-json', './...'], { cwd: folder });
    const { passed, failed, packages } = outcomes(stdout);
    t.diagnostic(`${packages} packages, ${passed} tests passed, ${filled} cases`);
    assert.deepEqual(failed, KNOWN_DIVERGENCE, stderr.slice(0, 4000));
    assert.ok(passed > 20_000 && filled > 4000 && packages > 50);
  });
});

describe('the Go example', () => {
  it('passes its filled-in tests: all four kinds over bufconn, rules in Go', (t) => {
    const folder = workFolder('go-example');
    makeModule(folder, 'vitrine.example');
    const bin = goPlugins();
    const includes = [
      `-I${join(ROOT, 'examples/testgen/proto')}`,
      `-I${join(protovalidateModule(), 'proto/protovalidate')}`,
    ];
    const rules = 'buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate';
    const options = `module=vitrine.example,Mbuf/validate/validate.proto=${rules}`;
    const ran = protoc(
      [
        ...includes,
        ...['go', 'go-grpc'].map(
          (name) => `--plugin=protoc-gen-${name}=${join(bin, `protoc-gen-${name}`)}`,
        ),
        `--plugin=protoc-gen-vitrine-test=${PLUGIN}`,
        ...['go', 'go-grpc'].flatMap((name) => [`--${name}_out=.`, `--${name}_opt=${options}`]),
        ...['--vitrine-test_out=.', `--vitrine-test_opt=${options},lang=go`],
        'library/v1/library.proto',
      ],
      folder,
    );
    assert.equal(ran.status, 0, ran.stderr);
    cpSync(join(ROOT, 'examples/testgen/go/service'), join(folder, 'service'), { recursive: true });
    mkdirSync(join(folder, 'library/v1'), { recursive: true });
    const cases = 'library_cases_test.go';
    copyFileSync(join(ROOT, 'examples/testgen/go', cases), join(folder, 'library/v1', cases));
    assert.equal(must('gofmt', ['-l', 'service', `library/v1/${cases}`], { cwd: folder }), '');
    must('go', ['vet', './...'], { cwd: folder });
    const { stdout } = run('go', ['test', '-vet=off', '-json', './...'], { cwd: folder });
    const { passed, failed } = outcomes(stdout);
    t.diagnostic(`${passed} tests passed over ${filesOf(folder).length} files`);
    assert.deepEqual(failed, []);
    assert.ok(passed > 250);
  });
});

/** What `go test -json` says: leaves that passed or failed. */
function outcomes(json: string): { passed: number; failed: string[]; packages: number } {
  const leaves = new Map<string, string>();
  const packages = new Set<string>();
  for (const line of json.split('\n').filter((text) => text.startsWith('{'))) {
    const { Action: action, Test: test, Package: path } = JSON.parse(line);
    if (action !== 'pass' && action !== 'fail') continue;
    packages.add(path);
    if (test === undefined) {
      if (action === 'fail') leaves.set(`${path} `, 'fail');
      continue;
    }
    leaves.set(`${path} ${test}`, action);
  }
  // A test is a leaf when none lies below it; a package fails with its tests.
  const names = [...leaves.keys()].sort();
  const isParent = (name: string, i: number): boolean =>
    (names[i + 1] ?? '').startsWith(`${name}/`) || (name.endsWith(' ') && hasFailure(name));
  const hasFailure = (name: string): boolean =>
    names.some((other) => other !== name && other.startsWith(name) && leaves.get(other) === 'fail');
  const ends = names.filter((name, i) => !isParent(name, i));
  return {
    passed: ends.filter((name) => leaves.get(name) === 'pass').length,
    failed: ends
      .filter((name) => leaves.get(name) === 'fail')
      .map((name) => name.slice(name.indexOf(' ') + 1) || name),
    packages: packages.size,
  };
}
