/** Generates Go for a source of definitions into one module, and fills its skeletons in. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt';
import { descriptors, type Source } from './definitions.ts';
import { GO_MODULE, goPlugins, PLUGIN, protoc } from './tools.ts';
import { filesOf } from './typescript-output.ts';

const MODULE = 'vitrine.test';

/** go.mod and go.sum with the versions that the suite is locked to. */
export function makeModule(folder: string, name = MODULE): void {
  mkdirSync(folder, { recursive: true });
  const text = readFileSync(join(GO_MODULE, 'go.mod'), 'utf8');
  writeFileSync(join(folder, 'go.mod'), text.replace(`module ${MODULE}`, `module ${name}`));
  copyFileSync(join(GO_MODULE, 'go.sum'), join(folder, 'go.sum'));
}

/** Messages, services and tests of the source, each Go package under `<module>/<source>/`. */
export function generateGo(given: Source, folder: string): void {
  const source = { ...given, files: given.files.filter((name) => !isRefused(name)) };
  const includes = source.includes.map((include) => `-I${include}`);
  const all = descriptors(source, folder);
  const mapped = all.flatMap((file) => mapping(source, file));
  const opt = (name: string, extra = ''): string =>
    `--${name}_opt=${[`module=${MODULE}`, ...mapped].join(',')}${extra}`;
  const bin = goPlugins();
  const plugins = [
    `--plugin=protoc-gen-go=${join(bin, 'protoc-gen-go')}`,
    `--plugin=protoc-gen-go-grpc=${join(bin, 'protoc-gen-go-grpc')}`,
    `--plugin=protoc-gen-vitrine-test=${PLUGIN}`,
  ];
  const own = all.map(({ name }) => name).filter((name) => !isElsewhere(name));
  if (source.isGoKnown !== true) {
    const go = [`--go_out=${folder}`, opt('go'), `--go-grpc_out=${folder}`, opt('go-grpc')];
    expectOk(protoc([...includes, ...plugins, ...go, ...own], folder));
  }
  const files = source.files.filter((name) => !isElsewhere(name) || source.isGoKnown);
  const extra = `,skeletons=${folder}`;
  const testOptions = source.isGoKnown
    ? [`--vitrine-test_out=${join(folder, source.name)}`, '--vitrine-test_opt=lang=go']
    : [`--vitrine-test_out=${folder}`, opt('vitrine-test', `,lang=go${extra}`)];
  if (source.isGoKnown) mkdirSync(join(folder, source.name), { recursive: true });
  expectOk(protoc([...includes, ...plugins, ...testOptions, ...files], folder));
}

/** protoc-gen-go itself refuses message sets. */
function isRefused(name: string): boolean {
  return /textpb(2|editions)/.test(name);
}

/** Files whose Go packages are published, and linked by gRPC or protovalidate itself. */
function isElsewhere(name: string): boolean {
  return /^google\/(protobuf|rpc)\//.test(name) || name === 'buf/validate/validate.proto';
}

function mapping(source: Source, file: FileDescriptorProto): string[] {
  if (file.name === 'buf/validate/validate.proto') {
    const path = 'buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate';
    return [`M${file.name}=${path}`];
  }
  if (isElsewhere(file.name)) return [];
  const [path = '', name = ''] = (file.options?.goPackage ?? '').split(';');
  const own = path === '' ? file.name.slice(0, file.name.lastIndexOf('/')) : path;
  const at = own.replace(`${MODULE}/`, '');
  return [`M${file.name}=${MODULE}/${source.name}/${at}${name === '' ? '' : `;${name}`}`];
}

function expectOk({ status, stderr }: { status: number; stderr: string }): void {
  if (status !== 0) throw new Error(`protoc ended with ${status}:\n${stderr.slice(0, 6000)}`);
}

/** Registers the Unimplemented server of each service, behind protovalidate; expects as much. */
export function fillInGoSkeletons(folder: string): number {
  let filled = 0;
  for (const path of filesOf(folder).filter((name) => name.endsWith('_cases_test.go'))) {
    const text = readFileSync(join(folder, path), 'utf8');
    const packagePath = `${MODULE}/${path.slice(0, path.lastIndexOf('/'))}`;
    const lines = text.split('\n').flatMap((line) => {
      if (line.startsWith('func init()')) return [...imports(packagePath), line];
      const service = /^\tgen(\S+)\.Register = nil/.exec(line)?.[1];
      if (service !== undefined) {
        return [
          `\tgen${service}.Options = validating`,
          `\tgen${service}.Register = func(_ *testing.T, s grpc.ServiceRegistrar) {`,
          `\t\tpb.Register${service}Server(s, pb.Unimplemented${service}Server{})`,
          '\t}',
        ];
      }
      if (line.includes('FillIn: true')) filled += 1;
      return line.replace('FillIn: true', 'Code: codes.Unimplemented');
    });
    writeFileSync(join(folder, path), lines.join('\n'));
    const folderOf = path.slice(0, path.lastIndexOf('/'));
    const name = /^package (\S+)$/m.exec(text)?.[1] as string;
    const helper = readFileSync(join(GO_MODULE, 'validating.go.txt'), 'utf8');
    writeFileSync(join(folder, folderOf, 'validating_test.go'), helper.replace('NAME', name));
    if (existsSync(join(folder, folderOf, 'testgen_rules_gen_test.go'))) {
      const source = [
        `package ${name}`,
        '',
        'import (\n\t"buf.build/go/protovalidate"\n\t"google.golang.org/protobuf/proto"\n)',
        '',
        'func init() {',
        '\tvalidate = func(m proto.Message) error { return protovalidate.Validate(m) }',
        '}',
        '',
      ].join('\n');
      writeFileSync(join(folder, folderOf, 'rules_test.go'), source);
    }
  }
  return filled;
}

function imports(path: string): string[] {
  return [
    'import (',
    '\t"testing"',
    '',
    '\t"google.golang.org/grpc"',
    '\t"google.golang.org/grpc/codes"',
    `\tpb "${path}"`,
    ')',
    '',
    'var _ = codes.OK',
    '',
  ];
}
