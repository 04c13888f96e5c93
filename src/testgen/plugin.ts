/**
 * protoc-gen-vitrine-test: a CodeGeneratorRequest in, a response and once-written parts out. Pure;
 * who calls it writes the files. Contract: plugin.proto of protobuf.
 */
import { create, maximumEdition, minimumEdition } from '@bufbuild/protobuf';
import {
  type CodeGeneratorRequest,
  type CodeGeneratorResponse,
  CodeGeneratorResponseSchema,
  CodeGeneratorResponse_Feature as Feature,
  type FileDescriptorProto,
} from '@bufbuild/protobuf/wkt';
import { createEcmaScriptPlugin } from '@bufbuild/protoplugin';
import { messageOf } from '../base/index.ts';
import { testgenError } from './errors.ts';
import { emitGo } from './golang/emit.ts';
import { readGoOptions } from './golang/packages.ts';
import { PLUGIN_NAME, PLUGIN_VERSION } from './identity.ts';
import { marked } from './marks.ts';
import { type RawOption, readTypeScriptOptions, splitParameter, takeLanguage } from './options.ts';
import { checkInside, checkNames } from './paths.ts';
import type { Skeleton } from './skeletons.ts';
import { emitTypeScript } from './typescript/emit.ts';
import { sortedImports } from './typescript/imports.ts';

export interface Generated {
  readonly response: CodeGeneratorResponse;
  /** Relative to `folder`. */
  readonly skeletons: readonly Skeleton[];
  /** Where the skeletons go, from the working directory; undefined: they are not wanted. */
  readonly folder: string | undefined;
  /** Where the response's files go, as the options say; undefined: they do not. */
  readonly out: string | undefined;
}

/**
 * Never throws: what is wrong with options or definitions is the response's error.
 * @param given  options in place of the request's parameter
 */
export function generate(request: CodeGeneratorRequest, given?: readonly RawOption[]): Generated {
  try {
    const { language, rest } = takeLanguage(given ?? splitParameter(request.parameter));
    const bare = withoutComments(request);
    bare.protoFile.forEach(checkDefinition);
    const made = language === 'go' ? generateGo(bare, rest) : generateTypeScript(bare, rest);
    checkNames(made.response.file.map(({ name }) => name));
    checkNames(made.skeletons.map(({ path }) => path));
    return made;
  } catch (error) {
    const response = create(CodeGeneratorResponseSchema, {
      ...supported(),
      error: messageOf(error),
    });
    return { response, skeletons: [], folder: undefined, out: undefined };
  }
}

/**
 * Comments are left out: tests need none, a descriptor set may have none, and the framework prints
 * them as they are, line separators included, into its files.
 */
function withoutComments(request: CodeGeneratorRequest): CodeGeneratorRequest {
  const bare = (file: FileDescriptorProto): FileDescriptorProto => {
    // Fields that are not set are the prototype's.
    const copy: FileDescriptorProto = Object.assign(
      Object.create(Object.getPrototypeOf(file)),
      file,
    );
    delete copy.sourceCodeInfo;
    return copy;
  };
  return {
    ...request,
    protoFile: request.protoFile.map(bare),
    sourceFileDescriptors: request.sourceFileDescriptors.map(bare),
  };
}

/**
 * Compilers check names, but a descriptor set may come from elsewhere. The libraries check the
 * other names when they read it.
 */
function checkDefinition({ name, package: inPackage }: FileDescriptorProto): void {
  checkInside(name);
  if (inPackage === '' || /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/.test(inPackage)) return;
  throw testgenError(
    'bad-definition',
    `${name}: ${JSON.stringify(inPackage)} is no name of a package`,
  );
}

function generateTypeScript(request: CodeGeneratorRequest, raw: readonly RawOption[]): Generated {
  let skeletons: readonly Skeleton[] = [];
  let [folder, out]: (string | undefined)[] = [];
  // Where files go is no property of their content: kept out of the parameter that they quote.
  const isPlace = ({ key }: RawOption): boolean => key === 'skeletons' || key === 'out';
  const places = raw.filter(isPlace);
  const plugin = createEcmaScriptPlugin({
    name: PLUGIN_NAME,
    version: PLUGIN_VERSION,
    parseOptions: (rest) => readTypeScriptOptions([...rest, ...places]),
    generateTs(schema) {
      skeletons = emitTypeScript(schema);
      ({ skeletons: folder, out } = schema.options);
    },
  });
  // The framework's own default is JavaScript.
  const target = raw.some(({ key }) => key === 'target') ? [] : [{ key: 'target', value: 'ts' }];
  const parameter = [...target, ...raw.filter((option) => !isPlace(option))]
    .map(({ key, value }) => (value === '' ? key : `${key}=${value}`))
    .join(',');
  const response = plugin.run({ ...request, parameter });
  for (const file of response.file) file.content = marked(sortedImports(file.content));
  return { response, skeletons, folder, out };
}

function generateGo(request: CodeGeneratorRequest, raw: readonly RawOption[]): Generated {
  const options = readGoOptions(raw);
  const { files, skeletons } = emitGo(request, options);
  const response = create(CodeGeneratorResponseSchema, { ...supported(), file: [...files] });
  return { response, skeletons, folder: options.skeletons, out: options.out };
}

function supported() {
  return {
    supportedFeatures: BigInt(Feature.PROTO3_OPTIONAL | Feature.SUPPORTS_EDITIONS),
    minimumEdition,
    maximumEdition,
  };
}
