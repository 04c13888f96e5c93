/** Definition files of many messages that hold each other: what a generator must not choke on. */
import { create } from '@bufbuild/protobuf';
import {
  type DescriptorProto,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt';
import { type FieldInit, fieldProto, FieldType as Type } from './proto-files.ts';

/** graph.proto: messages M0, M1, …; `refs` says which ones a message holds. */
export function graphFile(
  count: number,
  refs: (index: number) => readonly (Partial<FieldInit> & { readonly to: number })[],
  more: { syntax?: string; dependency?: string[] } = {},
): FileDescriptorProto {
  const messageType = Array.from({ length: count }, (_, index) => ({
    name: `M${index}`,
    field: [
      fieldProto({ name: 'text', number: 1, type: Type.STRING }),
      ...refs(index).map(({ to, ...init }, i) =>
        fieldProto({
          ...{ name: `ref${i}`, number: i + 2, type: Type.MESSAGE, typeName: `.graph.M${to}` },
          ...init,
        }),
      ),
    ],
  })) as DescriptorProto[];
  return create(FileDescriptorProtoSchema, {
    ...{ name: 'graph.proto', package: 'graph', syntax: 'proto3' },
    options: { goPackage: 'example.com/graph' },
    messageType,
    ...more,
  });
}

/** Each message holds the next one, the last one the first. */
export function cycleFile(count: number): FileDescriptorProto {
  return graphFile(count, (index) => [{ to: (index + 1) % count }]);
}
