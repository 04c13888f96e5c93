import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { create, createFileRegistry, type FileRegistry } from '@bufbuild/protobuf';
import { nestedTypes } from '@bufbuild/protobuf/reflect';
import {
  CodeGeneratorRequestSchema,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';
import { createEcmaScriptPlugin } from '@bufbuild/protoplugin';
import { fieldProto, FieldType as Type } from '../../../test/proto-files.ts';
import { Symbols } from './symbols.ts';

const message = (name: string, ...nested: string[]) => ({
  name,
  nestedType: nested.map((inner) => ({ name: inner })),
});

/** Names that meet each other, reserved words, and what the schema of another is called. */
const clashes = create(FileDescriptorProtoSchema, {
  name: 'a/clash-es.proto',
  package: 'clash',
  syntax: 'proto2',
  messageType: [
    ...[message('Outer', 'Inner'), message('Outer_Inner'), message('OuterSchema')],
    ...[message('Object'), message('class'), message('Partial', 'class'), message('Partial_class')],
    { ...message('file_a_clash_es'), extensionRange: [{ start: 100, end: 200 }] },
  ],
  enumType: ['ObjectSchema', 'string', 'stringSchema'].map((name) => ({
    name,
    value: [{ name: `${name}_ZERO`, number: 0 }],
  })),
  extension: [
    {
      ...fieldProto({ name: 'OuterSchema$', number: 100, type: Type.STRING }),
      ...{ name: 'StringSchema', extendee: '.clash.file_a_clash_es' },
    },
  ],
  service: [{ name: 'Outer' }, { name: 'delete' }, { name: 'OuterSchemaSchema' }].slice(1),
});

const registry: FileRegistry = createFileRegistry(
  create(FileDescriptorSetSchema, { file: [clashes] }),
);

describe('symbols', () => {
  it('are what protoc-gen-es exports, clashes and reserved words included', () => {
    let compared = 0;
    const plugin = createEcmaScriptPlugin({
      name: 'x',
      version: '1',
      generateTs(schema) {
        const file = schema.generateFile('y.ts');
        const symbols = new Symbols(file);
        for (const one of schema.files) {
          for (const desc of nestedTypes(one)) {
            assert.deepEqual(told(symbols.schema(desc)), told(file.importSchema(desc)));
            compared += 1;
            if (desc.kind !== 'enum') continue;
            const shape = file.importShape(desc);
            assert.deepEqual(told(symbols.shape(desc, true)), told(shape));
          }
        }
      },
    });
    const request = create(CodeGeneratorRequestSchema, {
      parameter: 'target=ts',
      fileToGenerate: [clashes.name],
      protoFile: [clashes],
    });
    plugin.run(request);
    assert.equal(compared, [...registry].length);
    assert.ok(compared > 12);
  });
});

/** All but the function. */
function told(symbol: object): object {
  return JSON.parse(JSON.stringify(symbol));
}
