/** Small definition files, made without a compiler: for tests that need Node.js alone. */
import { create, type MessageInitShape, setExtension, toBinary } from '@bufbuild/protobuf';
import {
  CodeGeneratorRequestSchema,
  type FieldDescriptorProto,
  FieldDescriptorProtoSchema,
  FieldOptionsSchema,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from '@bufbuild/protobuf/wkt';
import {
  type FieldRulesSchema,
  field as fieldRules,
  file_buf_validate_validate,
  FieldRulesSchema as RulesSchema,
} from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';

export const FieldType = Type;

export interface FieldInit {
  readonly name: string;
  readonly number: number;
  readonly type: Type;
  readonly typeName?: string;
  readonly isRepeated?: boolean;
  readonly isRequired?: boolean;
  readonly isOptional?: boolean;
  readonly oneofIndex?: number;
  readonly rules?: MessageInitShape<typeof FieldRulesSchema>;
}

export function fieldProto(init: FieldInit): FieldDescriptorProto {
  const { name, number, type, typeName, oneofIndex, rules } = init;
  const options = rules && create(FieldOptionsSchema);
  if (options && rules) setExtension(options, fieldRules, create(RulesSchema, rules));
  return create(FieldDescriptorProtoSchema, {
    name,
    number,
    type,
    jsonName: name.replace(/_(.)/g, (_, letter) => letter.toUpperCase()),
    label: labelOf(init),
    ...(typeName && { typeName }),
    ...(oneofIndex !== undefined && { oneofIndex }),
    ...(init.isOptional && { proto3Optional: true }),
    ...(options && { options }),
  });
}

function labelOf({ isRepeated, isRequired }: FieldInit): Label {
  if (isRepeated) return Label.REPEATED;
  return isRequired ? Label.REQUIRED : Label.OPTIONAL;
}

/** shop/v1/shop.proto: an enum, a recursive message with a oneof, a service of all four kinds. */
export function shopFile(): FileDescriptorProto {
  const method = (name: string, clientStreaming: boolean, serverStreaming: boolean) => ({
    name,
    inputType: '.shop.v1.Item',
    outputType: '.shop.v1.Item',
    clientStreaming,
    serverStreaming,
  });
  return create(FileDescriptorProtoSchema, {
    name: 'shop/v1/shop.proto',
    package: 'shop.v1',
    syntax: 'proto3',
    options: { goPackage: 'example.com/shop/v1;shopv1' },
    enumType: [
      {
        name: 'Size',
        value: [
          { name: 'SIZE_UNSPECIFIED', number: 0 },
          { name: 'SIZE_SMALL', number: 1 },
        ],
      },
    ],
    messageType: [
      {
        name: 'Item',
        field: [
          fieldProto({ name: 'name', number: 1, type: Type.STRING }),
          fieldProto({ name: 'size', number: 2, type: Type.ENUM, typeName: '.shop.v1.Size' }),
          fieldProto({
            name: 'parts',
            number: 3,
            type: Type.MESSAGE,
            typeName: '.shop.v1.Item',
            isRepeated: true,
          }),
          fieldProto({ name: 'price', number: 4, type: Type.INT64, oneofIndex: 0 }),
          fieldProto({ name: 'gift', number: 5, type: Type.BOOL, oneofIndex: 0 }),
          fieldProto({
            name: 'stock',
            number: 6,
            type: Type.INT32,
            oneofIndex: 1,
            isOptional: true,
          }),
        ],
        oneofDecl: [{ name: 'cost' }, { name: '_stock' }],
      },
    ],
    service: [
      {
        name: 'Shop',
        method: [
          method('Find', false, false),
          method('List', false, true),
          method('Add', true, false),
          method('Trade', true, true),
        ],
      },
    ],
  });
}

/** What protoc and buf write to the plug-in, for shop/v1/shop.proto. */
export function pluginRequest(parameter: string): Uint8Array {
  const file = shopFile();
  const request = create(CodeGeneratorRequestSchema, {
    parameter,
    fileToGenerate: [file.name],
    protoFile: [file],
  });
  return toBinary(CodeGeneratorRequestSchema, request);
}

/** A message with these fields, and protovalidate's definitions. */
export function ruledFiles(fields: readonly FieldInit[]): FileDescriptorProto[] {
  const file = create(FileDescriptorProtoSchema, {
    name: 'ruled.proto',
    package: 'ruled',
    syntax: 'proto3',
    dependency: ['buf/validate/validate.proto'],
    options: { goPackage: 'example.com/ruled' },
    messageType: [{ name: 'Ruled', field: fields.map(fieldProto) }],
  });
  const imported = [...file_buf_validate_validate.dependencies, file_buf_validate_validate];
  return [...imported.map(({ proto }) => proto), file];
}
