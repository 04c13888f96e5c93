/** Go import paths, package names and output paths, by the rules of protoc-gen-go. */
import type { DescFile } from '@bufbuild/protobuf';
import { testgenError } from '../errors.ts';
import { badValue, type CommonOptions, type RawOption, readCommon, twice } from '../options.ts';
import { goSanitized } from './camel.ts';

export type ApiLevel = 'open' | 'hybrid' | 'opaque';

export interface GoOptions extends CommonOptions {
  readonly paths: 'import' | 'source_relative';
  readonly module: string;
  /** .proto file -> "import/path;name", from M options. */
  readonly mapped: ReadonlyMap<string, string>;
  readonly apiLevel: ApiLevel;
  readonly apiLevels: ReadonlyMap<string, ApiLevel>;
}

export interface GoPackage {
  readonly path: string;
  readonly name: string;
}

const KNOWN = ['paths', 'module', 'default_api_level', 'skeletons', 'out', 'cases_max'];
const LEVELS: Readonly<Record<string, ApiLevel>> = {
  API_OPEN: 'open',
  API_HYBRID: 'hybrid',
  API_OPAQUE: 'opaque',
};

/** The options of protoc-gen-go that decide names and places, and our own. @throws bad-option */
export function readGoOptions(raw: readonly RawOption[]): GoOptions {
  const values = new Map<string, string>();
  const mapped = new Map<string, string>();
  const apiLevels = new Map<string, ApiLevel>();
  for (const { key, value } of raw) {
    if (key.startsWith('apilevelM')) apiLevels.set(key.slice(9), levelOf(key, value));
    else if (/^M./.test(key)) mapped.set(key.slice(1), value);
    else if (values.has(key)) throw twice(key);
    else if (KNOWN.includes(key)) values.set(key, value);
    else
      throw testgenError('bad-option', `unknown option "${key}"; known: ${KNOWN.join(', ')}, M…`);
  }
  const paths = values.get('paths') ?? 'import';
  if (paths !== 'import' && paths !== 'source_relative') {
    throw badValue('paths', 'import or source_relative', paths);
  }
  const module = values.get('module') ?? '';
  if (module !== '' && paths === 'source_relative') {
    throw testgenError('bad-option', 'module and paths=source_relative exclude each other');
  }
  const level = values.get('default_api_level');
  const apiLevel = level === undefined ? 'open' : levelOf('default_api_level', level);
  return { ...readCommon(values), paths, module, mapped, apiLevel, apiLevels };
}

function levelOf(key: string, value: string): ApiLevel {
  const level = LEVELS[value];
  if (level === undefined) throw badValue(key, Object.keys(LEVELS).join(', '), value);
  return level;
}

/** @throws VitrineError bad-definition when neither go_package nor an M option says */
export function goPackageOf(file: DescFile, options: GoOptions): GoPackage {
  const [mappedPath = '', mappedName = ''] = (options.mapped.get(file.proto.name) ?? '').split(';');
  const [ownPath = '', ownName = ''] = (file.proto.options?.goPackage ?? '').split(';');
  const path = mappedPath || ownPath;
  if (path === '') {
    throw testgenError(
      'bad-definition',
      `no Go import path for ${file.proto.name}: give it a go_package option, or the plug-in ` +
        `M${file.proto.name}=import/path`,
    );
  }
  if (!isImportPath(path)) {
    throw testgenError(
      'bad-definition',
      `${file.proto.name}: ${JSON.stringify(path)} is no Go import path`,
    );
  }
  const base = (ownPath || path).split('/').at(-1) as string;
  // protoc-gen-go makes an identifier of it too, whoever gave it.
  return { path, name: goSanitized(mappedName || ownName || base) };
}

/** By the Go specification, characters that a compiler may refuse left out. */
function isImportPath(path: string): boolean {
  const isText = /^[\p{L}\p{M}\p{N}\p{P}\p{S}]+$/u.test(path);
  return isText && !/[!"#$%&'()*,:;<=>?[\\\]^`{|}\ufffd]/.test(path);
}

/** "dir/foo" for foo.proto: where its generated files go, without their endings. */
export function outputPrefix(file: DescFile, options: GoOptions): string {
  if (options.paths === 'source_relative') return file.name;
  const base = file.name.split('/').at(-1) as string;
  const full = `${goPackageOf(file, options).path}/${base}`;
  if (options.module === '') return full;
  const prefix = `${options.module}/`;
  if (!full.startsWith(prefix)) {
    throw testgenError('bad-option', `${full} does not lie in module ${options.module}`);
  }
  return full.slice(prefix.length);
}
