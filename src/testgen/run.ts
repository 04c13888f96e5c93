/** The work of `vitrine testgen`: everything is looked at before anything is written. */
import { join, relative, resolve, sep } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { CodeGeneratorRequestSchema, type DescriptorProto } from '@bufbuild/protobuf/wkt';
import type { TestgenIo, Values } from './command.ts';
import { type Compiled, compileDefinitions, isDirectory, readDescriptors } from './compiler.ts';
import { testgenError } from './errors.ts';
import { generateAside } from './generation.ts';
import { type RawOption, readOption, takeLanguage } from './options.ts';
import { type FileChange, planOutput, writeOutput } from './output.ts';
import { planSkeletons, type SkeletonResult, writeSkeletons } from './skeletons.ts';
import { findStale, removeStale } from './stale.ts';

/** About as many are generated in a second. */
const ANNOUNCED_MESSAGES = 1000;

/** The exit code. @throws VitrineError for all that keeps it from running */
export async function execute(
  values: Values,
  inputs: readonly string[],
  io: TestgenIo,
): Promise<number> {
  const { language } = takeLanguage([{ key: 'lang', value: values.lang ?? 'ts' }]);
  const out = values.out ?? (language === 'go' ? '.' : 'gen');
  const skeletons = values.skeletons ?? out;
  if (out === '' || skeletons === '') {
    const flag = out === '' ? '--out' : '--skeletons';
    throw testgenError('bad-option', `${flag}: expected a folder (. for the working directory)`);
  }
  const options: RawOption[] = [
    { key: 'lang', value: language },
    { key: 'skeletons', value: skeletons },
    { key: 'out', value: out },
    ...(values.opt ?? []).map(readOption),
  ];
  const compiled = await definitions(values, inputs, io);
  const request = create(CodeGeneratorRequestSchema, {
    fileToGenerate: [...compiled.targets],
    protoFile: compiled.descriptors.file,
  });
  const count = messageCount(compiled);
  if (count > ANNOUNCED_MESSAGES && !values.quiet) {
    io.err(`vitrine: generating the tests of ${count} messages (Ctrl-C stops it)\n`);
  }
  const { response, ...made } = await generateAside({ request, options, signal: io.signal });
  if (response.error !== '') throw testgenError('bad-definition', response.error);
  const folder = resolve(io.directory, out);
  const once = resolve(io.directory, skeletons);
  const plan = planOutput(folder, response.file);
  const planned = planSkeletons(once, made.skeletons);
  const isDry = values.check === true;
  const stale = !(values.prune || isDry)
    ? []
    : findStale({
        folder,
        language,
        made: response.file.map(({ name }) => name),
        targets: compiled.targets,
        definitions: compiled.descriptors.file.map(({ name }) => name),
        roots: rootsOf(values, inputs, io.directory),
      });
  const changes: FileChange[] = [...plan, ...stale];
  if (isDry) return report(changes, [], values, io);
  writeOutput(plan);
  const written = writeSkeletons(once, planned).map(({ path, isNew }) => ({
    path: join(once, path),
    isNew,
  }));
  removeStale(stale);
  return report(changes, written, values, io);
}

function messageCount({ descriptors, targets }: Compiled): number {
  const wanted = new Set(targets);
  const within = (messages: readonly DescriptorProto[]): number =>
    messages.reduce((sum, { nestedType }) => sum + 1 + within(nestedType), 0);
  return descriptors.file
    .filter(({ name }) => wanted.has(name))
    .reduce((sum, { messageType }) => sum + within(messageType), 0);
}

/** Where definitions may lie, when all of a folder or set are asked for; see StaleSearch. */
function rootsOf(
  { descriptors }: Values,
  inputs: readonly string[],
  directory: string,
): string[] | undefined {
  const isWhole =
    descriptors === undefined
      ? inputs.every((name) => isDirectory(directory, name))
      : inputs.length === 0;
  if (!isWhole) return undefined;
  const folders = inputs.map((name) => resolve(directory, name));
  const isOutside = (path: string): boolean => relative(directory, path).split(sep)[0] === '..';
  return [directory, ...folders.filter(isOutside)];
}

async function definitions(
  values: Values,
  inputs: readonly string[],
  io: TestgenIo,
): Promise<Compiled> {
  const { compiler } = values;
  const { directory, environment, signal } = io;
  if (compiler !== undefined && compiler !== 'buf' && compiler !== 'protoc') {
    throw testgenError('bad-option', `--compiler: expected buf or protoc, got "${compiler}"`);
  }
  const includes = values.include ?? [];
  if (values.descriptors === undefined) {
    return compileDefinitions({ directory, environment, signal, inputs, includes, compiler });
  }
  if (compiler !== undefined || includes.length > 0) {
    const given = compiler === undefined ? '-I' : '--compiler';
    throw testgenError('bad-option', `${given} is for compiling: --descriptors takes what is made`);
  }
  const descriptors = readDescriptors(resolve(directory, values.descriptors));
  const names = descriptors.file.map(({ name }) => name);
  const unknown = inputs.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw testgenError('bad-option', `${values.descriptors} holds no file ${unknown}`);
  }
  if (inputs.length > 0) return { descriptors, targets: inputs };
  // Without names: all but what every runtime has.
  const targets = names.filter((name) => !name.startsWith('google/protobuf/'));
  if (targets.length > 0) return { descriptors, targets };
  const told = `${values.descriptors} holds protobuf's own definitions alone: name those you want`;
  throw testgenError('bad-descriptors', told);
}

/** Paths are absolute; they are printed as seen from the working directory. */
function report(
  changes: readonly FileChange[],
  skeletons: readonly SkeletonResult[],
  values: Values,
  io: TestgenIo,
): number {
  const name = (path: string): string => relative(io.directory, path) || path;
  const isDry = values.check === true;
  const differing = changes.filter(({ state }) => state !== 'same');
  if (!values.quiet || isDry) {
    for (const { path, state } of differing) io.out(`${state.padEnd(8)}${name(path)}\n`);
    for (const { path, isNew } of skeletons) if (isNew) io.out(`to fill in  ${name(path)}\n`);
    const same = changes.length - differing.length;
    io.out(
      `${changes.length} regenerated files, ${same} unchanged; ${skeletons.length} once-written\n`,
    );
  }
  if (!isDry || differing.length === 0) return 0;
  io.err('vitrine: not current; run it without --check\n');
  return 1;
}
