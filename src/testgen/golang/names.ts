/**
 * What protoc-gen-go calls messages, fields, oneofs, enum values and extensions, conflicts resolved
 * as it resolves them (compiler/protogen of google.golang.org/protobuf 1.36). Open and hybrid
 * structs have `fields`; opaque ones are made by builders and use `builderFields`.
 */
import type {
  DescEnum,
  DescExtension,
  DescField,
  DescFile,
  DescMessage,
  DescOneof,
} from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { Edition, type FeatureSet } from '@bufbuild/protobuf/wkt';
import { goCamelCase, trimEnumPrefix } from './camel.ts';
import type { ApiLevel, GoOptions } from './packages.ts';

export interface MessageNames {
  readonly fields: ReadonlyMap<DescField, string>;
  readonly oneofs: ReadonlyMap<DescOneof, string>;
  /** Wrapper types of oneof members. */
  readonly wrappers: ReadonlyMap<DescField, string>;
  readonly builderFields: ReadonlyMap<DescField, string>;
}

/** Name of a message or enum type in its package: Outer_Inner. */
export function typeName(desc: DescMessage | DescEnum): string {
  const { package: inPackage } = desc.file.proto;
  const local = inPackage === '' ? desc.typeName : desc.typeName.slice(inPackage.length + 1);
  return goCamelCase(local);
}

/** Constant of an enum value: Enum_VALUE, or Message_VALUE for an enum inside a message. */
export function enumValueName(desc: DescEnum, number: number): string | undefined {
  const value = desc.value[number];
  if (value === undefined) return undefined;
  const parent = typeName(desc.parent ?? desc);
  const strip = stripsPrefix(value.proto.options?.features, desc);
  const prefix = desc.name.replaceAll('_', '').toLowerCase();
  return `${parent}_${strip ? trimEnumPrefix(value.name, prefix) : value.name}`;
}

export function extensionName(extension: DescExtension): string {
  const prefix = extension.parent === undefined ? '' : `${typeName(extension.parent)}_`;
  return `E_${prefix}${goCamelCase(extension.name)}`;
}

const RESERVED = [
  'Reset',
  'String',
  'ProtoMessage',
  'Marshal',
  'Unmarshal',
  'ExtensionRangeArray',
  'ExtensionMap',
  'Descriptor',
];

const known = new WeakMap<DescMessage, MessageNames>();

export function messageNames(desc: DescMessage): MessageNames {
  const made = known.get(desc) ?? resolveNames(desc);
  known.set(desc, made);
  return made;
}

function resolveNames(desc: DescMessage): MessageNames {
  const used = new Map<string, boolean>(RESERVED.map((name) => [name, true]));
  const unique = (wanted: string, hasGetter: boolean): string => {
    let name = wanted;
    while (used.get(name) || (hasGetter && used.get(`Get${name}`))) name += '_';
    used.set(name, true);
    used.set(`Get${name}`, hasGetter);
    return name;
  };
  const fields = new Map<DescField, string>();
  const oneofs = new Map<DescOneof, string>();
  const seen = new Set<number>();
  for (const field of inOrder(desc)) {
    fields.set(field, unique(goCamelCase(field.name), true));
    const index = oneofIndex(field);
    if (index === undefined || seen.has(index)) continue;
    seen.add(index);
    // A proto3 optional field has a oneof of its own, unseen elsewhere, whose name counts.
    const name = unique(goCamelCase(desc.proto.oneofDecl[index]?.name ?? ''), false);
    if (field.oneof !== undefined) oneofs.set(field.oneof, name);
  }
  return {
    fields,
    oneofs,
    wrappers: wrapperNames(desc, fields),
    builderFields: builderNames(desc),
  };
}

function wrapperNames(
  desc: DescMessage,
  fields: ReadonlyMap<DescField, string>,
): Map<DescField, string> {
  const taken = new Set([...desc.nestedMessages, ...desc.nestedEnums].map(typeName));
  const names = new Map<DescField, string>();
  for (const [field, name] of fields) {
    if (field.oneof === undefined) continue;
    let wrapper = `${typeName(desc)}_${name}`;
    while (taken.has(wrapper)) wrapper += '_';
    names.set(field, wrapper);
  }
  return names;
}

/** Fields of the builder: "Build" is taken, and two names that meet get their numbers. */
function builderNames(desc: DescMessage): Map<DescField, string> {
  const names = new Map<DescField, string>();
  const order = inOrder(desc);
  for (const field of order) {
    const name = goCamelCase(field.name);
    names.set(field, name === 'Build' ? 'Build_' : name);
  }
  const first = new Map<string, DescField>();
  for (const field of order) {
    const name = names.get(field) as string;
    const other = first.get(name);
    if (other === undefined) {
      first.set(name, field);
      continue;
    }
    names.set(other, `${names.get(other)}_${other.number}`);
    names.set(field, `${name}_${field.number}`);
  }
  return names;
}

/** Fields as the .proto declares them. */
function inOrder(desc: DescMessage): DescField[] {
  const byNumber = new Map(desc.fields.map((field) => [field.number, field]));
  return desc.proto.field.flatMap(({ number }) => byNumber.get(number) ?? []);
}

function oneofIndex(field: DescField): number | undefined {
  return Object.hasOwn(field.proto, 'oneofIndex') ? field.proto.oneofIndex : undefined;
}

/** Which of Go's three APIs a message has. */
export function apiLevelOf(desc: DescMessage, options: GoOptions): ApiLevel {
  for (let at: DescMessage | undefined = desc; at !== undefined; at = at.parent) {
    const level = LEVELS[goFeature(at.proto.options?.features, API_LEVEL) ?? 0];
    if (level !== undefined) return level;
  }
  const { file } = desc;
  const own = LEVELS[goFeature(file.proto.options?.features, API_LEVEL) ?? 0];
  if (own !== undefined) return own;
  if (file.edition >= Edition.EDITION_2024) return 'opaque';
  return options.apiLevels.get(file.proto.name) ?? options.apiLevel;
}

const LEVELS: Readonly<Record<number, ApiLevel>> = { 1: 'open', 2: 'hybrid', 3: 'opaque' };
const GO_FEATURES = 1002;
const API_LEVEL = 2;
const STRIP_ENUM_PREFIX = 3;

function stripsPrefix(own: FeatureSet | undefined, desc: DescEnum): boolean {
  const chain = [own, desc.proto.options?.features, ...parentFeatures(desc)];
  const found = chain.map((set) => goFeature(set, STRIP_ENUM_PREFIX)).find((value) => value);
  return found === 2 || found === 3;
}

function parentFeatures(desc: DescEnum): (FeatureSet | undefined)[] {
  const sets: (FeatureSet | undefined)[] = [];
  for (let at = desc.parent; at !== undefined; at = at.parent)
    sets.push(at.proto.options?.features);
  return [...sets, (desc.file as DescFile).proto.options?.features];
}

/** A field of the extension pb.go (features.(pb.go).x), which is an unknown field here. */
function goFeature(set: FeatureSet | undefined, number: number): number | undefined {
  let found: number | undefined;
  for (const { no, wireType, data } of set?.$unknown ?? []) {
    if (no !== GO_FEATURES || wireType !== WireType.LengthDelimited) continue;
    const reader = new BinaryReader(new BinaryReader(data).bytes());
    while (reader.pos < reader.len) {
      const [field, type] = reader.tag();
      if (field === number && type === WireType.Varint) found = reader.uint32();
      else reader.skip(type, field);
    }
  }
  return found;
}
