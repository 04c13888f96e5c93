/**
 * protoc-gen-vitrine-test: a CodeGeneratorRequest in, a response and once-written parts out. Pure;
 * who calls it writes the files. Contract: plugin.proto of protobuf.
 */
import { createRequire } from 'node:module';
import { create, maximumEdition, minimumEdition } from '@bufbuild/protobuf';
import {
  type CodeGeneratorRequest,
  type CodeGeneratorResponse,
  CodeGeneratorResponseSchema,
  CodeGeneratorResponse_Feature as Feature,
} from '@bufbuild/protobuf/wkt';
import { createEcmaScriptPlugin } from '@bufbuild/protoplugin';
import { messageOf } from '../base/index.ts';
import { emitGo } from './golang/emit.ts';
import { readGoOptions } from './golang/packages.ts';
import { type RawOption, readTypeScriptOptions, takeLanguage } from './options.ts';
import type { Skeleton } from './skeletons.ts';
import { emitTypeScript } from './typescript/emit.ts';

export const PLUGIN_NAME = 'protoc-gen-vitrine-test';
export const PLUGIN_VERSION: string = createRequire(import.meta.url)('../../package.json').version;

export interface Generated {
  readonly response: CodeGeneratorResponse;
  /** Relative to `folder`. */
  readonly skeletons: readonly Skeleton[];
  /** Where the skeletons go, from the working directory; undefined: they are not wanted. */
  readonly folder: string | undefined;
}

/** Never throws: what is wrong with options or definitions is the response's error. */
export function generate(request: CodeGeneratorRequest): Generated {
  try {
    const { language, rest } = takeLanguage(request.parameter);
    return language === 'go' ? generateGo(request, rest) : generateTypeScript(request, rest);
  } catch (error) {
    const response = create(CodeGeneratorResponseSchema, {
      ...supported(),
      error: messageOf(error),
    });
    return { response, skeletons: [], folder: undefined };
  }
}

function generateTypeScript(request: CodeGeneratorRequest, raw: readonly RawOption[]): Generated {
  let skeletons: readonly Skeleton[] = [];
  let folder: string | undefined;
  // Where files go is no property of their content: kept out of the parameter that they quote.
  const isPlace = ({ key }: RawOption): boolean => key === 'skeletons' || key === 'out';
  const places = raw.filter(isPlace);
  const plugin = createEcmaScriptPlugin({
    name: PLUGIN_NAME,
    version: PLUGIN_VERSION,
    parseOptions: (rest) => readTypeScriptOptions([...rest, ...places]),
    generateTs(schema) {
      skeletons = emitTypeScript(schema);
      folder = schema.options.skeletons;
    },
  });
  // The framework's own default is JavaScript.
  const target = raw.some(({ key }) => key === 'target') ? [] : [{ key: 'target', value: 'ts' }];
  const parameter = [...target, ...raw.filter((option) => !isPlace(option))]
    .map(({ key, value }) => (value === '' ? key : `${key}=${value}`))
    .join(',');
  const response = plugin.run({ ...request, parameter });
  return { response, skeletons, folder };
}

function generateGo(request: CodeGeneratorRequest, raw: readonly RawOption[]): Generated {
  const options = readGoOptions(raw);
  const { files, skeletons } = emitGo(request, options);
  const response = create(CodeGeneratorResponseSchema, { ...supported(), file: [...files] });
  return { response, skeletons, folder: options.skeletons };
}

function supported() {
  return {
    supportedFeatures: BigInt(Feature.PROTO3_OPTIONAL | Feature.SUPPORTS_EDITIONS),
    minimumEdition,
    maximumEdition,
  };
}
