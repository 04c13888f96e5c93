/** Sample values as Go expressions: struct literals, or builders where the API is opaque. */
import { type DescField, ScalarType } from '@bufbuild/protobuf';
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt';
import type {
  EnumValue,
  FieldValue,
  MessageValue,
  ScalarValue,
  SingleValue,
  Value,
} from '../value.ts';
import type { GoFile } from './file.ts';
import { apiLevelOf, enumValueName, extensionName, messageNames, typeName } from './names.ts';
import { type GoOptions, type GoPackage, goPackageOf } from './packages.ts';

const PROTO: GoPackage = { path: 'google.golang.org/protobuf/proto', name: 'proto' };

const TYPES: Readonly<Record<ScalarType, string>> = {
  [ScalarType.DOUBLE]: 'float64',
  [ScalarType.FLOAT]: 'float32',
  [ScalarType.INT64]: 'int64',
  [ScalarType.UINT64]: 'uint64',
  [ScalarType.INT32]: 'int32',
  [ScalarType.FIXED64]: 'uint64',
  [ScalarType.FIXED32]: 'uint32',
  [ScalarType.BOOL]: 'bool',
  [ScalarType.STRING]: 'string',
  [ScalarType.BYTES]: '[]byte',
  [ScalarType.UINT32]: 'uint32',
  [ScalarType.SFIXED32]: 'int32',
  [ScalarType.SFIXED64]: 'int64',
  [ScalarType.SINT32]: 'int32',
  [ScalarType.SINT64]: 'int64',
};

export class GoLiterals {
  private readonly file: GoFile;
  private readonly options: GoOptions;

  constructor(file: GoFile, options: GoOptions) {
    this.file = file;
    this.options = options;
  }

  /** `pb.Outer_Inner` */
  type(desc: MessageValue['desc'] | EnumValue['desc']): string {
    return this.file.qualified(goPackageOf(desc.file, this.options), typeName(desc));
  }

  /** A pointer to a message with these fields. */
  message(value: MessageValue): string {
    const isOpaque = apiLevelOf(value.desc, this.options) === 'opaque';
    const fields = value.fields.map((entry) =>
      isOpaque ? this.builderField(entry) : this.structField(entry),
    );
    const type = this.type(value.desc);
    const inner = fields.join(', ');
    return isOpaque ? `${type}_builder{${inner}}.Build()` : `&${type}{${inner}}`;
  }

  /** The value of an extension, for proto.SetExtension: no pointers to scalars. */
  extension(value: Value): string {
    if (value.kind === 'list') return this.list(value.items);
    if (value.kind === 'map') return 'nil';
    const made = this.single(value);
    // An untyped constant would become an int.
    const isNumber = value.kind === 'scalar' && /^(u?int|float)/.test(TYPES[value.type]);
    return isNumber ? `${TYPES[value.type]}(${made})` : made;
  }

  extensionVariable(extension: Parameters<typeof extensionName>[0]): string {
    const from = goPackageOf(extension.file, this.options);
    return this.file.qualified(from, extensionName(extension));
  }

  private proto(name: string): string {
    return this.file.qualified(PROTO, name);
  }

  private structField({ field, value }: FieldValue): string {
    const names = messageNames(field.parent);
    const name = names.fields.get(field);
    if (field.oneof !== undefined) {
      const from = goPackageOf(field.parent.file, this.options);
      const wrapper = this.file.qualified(from, names.wrappers.get(field) as string);
      const literal = `&${wrapper}{${name}: ${this.value(field, value, false)}}`;
      return `${names.oneofs.get(field.oneof)}: ${literal}`;
    }
    return `${name}: ${this.value(field, value, hasPresence(field))}`;
  }

  private builderField({ field, value }: FieldValue): string {
    const name = messageNames(field.parent).builderFields.get(field);
    const isPointer = hasPresence(field) || field.oneof !== undefined;
    return `${name}: ${this.value(field, value, isPointer)}`;
  }

  private value(field: DescField, value: Value, isPointer: boolean): string {
    if (value.kind === 'list') return this.list(value.items);
    if (value.kind === 'map') return this.map(field, value.entries);
    if (value.kind === 'enum' && isPointer) return `${this.single(value)}.Enum()`;
    if (value.kind === 'scalar' && isPointer && value.type !== ScalarType.BYTES) {
      const type = TYPES[value.type];
      const make = `${type[0]?.toUpperCase()}${type.slice(1)}`;
      return `${this.proto(make)}(${this.single(value)})`;
    }
    return this.single(value);
  }

  private list(items: readonly SingleValue[]): string {
    const [first] = items;
    if (first === undefined) return 'nil';
    return `[]${this.elementType(first)}{${items.map((item) => this.single(item)).join(', ')}}`;
  }

  private map(field: DescField, entries: readonly (readonly [ScalarValue, SingleValue])[]): string {
    const [first] = entries;
    if (first === undefined || field.fieldKind !== 'map') return 'nil';
    const type = `map[${TYPES[field.mapKey]}]${this.elementType(first[1])}`;
    const pairs = entries.map(([key, item]) => `${this.single(key)}: ${this.single(item)}`);
    return `${type}{${pairs.join(', ')}}`;
  }

  private elementType(value: SingleValue): string {
    if (value.kind === 'message') return `*${this.type(value.desc)}`;
    return value.kind === 'enum' ? this.type(value.desc) : TYPES[value.type];
  }

  private single(value: SingleValue): string {
    if (value.kind === 'message') return this.message(value);
    return value.kind === 'enum' ? this.enum(value) : this.scalar(value);
  }

  private enum({ desc, number }: EnumValue): string {
    const name = enumValueName(desc, number);
    if (name === undefined) return `${this.type(desc)}(${number})`;
    return this.file.qualified(goPackageOf(desc.file, this.options), name);
  }

  private scalar({ type, value }: ScalarValue): string {
    if (typeof value === 'string') return this.text(value);
    if (value instanceof Uint8Array) return this.bytes(value);
    if (typeof value !== 'number') return String(value);
    const special = this.specialFloat(value);
    if (special === undefined) return String(value);
    return type === ScalarType.FLOAT ? `float32(${special})` : special;
  }

  private specialFloat(value: number): string | undefined {
    if (Number.isNaN(value)) return `${this.file.standard('math', 'NaN')}()`;
    if (!Number.isFinite(value)) {
      return `${this.file.standard('math', 'Inf')}(${value > 0 ? 1 : -1})`;
    }
    if (Object.is(value, -0)) return `${this.file.standard('math', 'Copysign')}(0, -1)`;
    return undefined;
  }

  private text(value: string): string {
    const [first] = value;
    if (value.length >= 24 && first !== undefined && value === first.repeat(value.length)) {
      return `${this.file.standard('strings', 'Repeat')}(${goText(first)}, ${value.length})`;
    }
    return goText(value);
  }

  private bytes(value: Uint8Array): string {
    const [first = 0] = value;
    if (value.length >= 24 && value.every((byte) => byte === first)) {
      const repeat = this.file.standard('bytes', 'Repeat');
      return `${repeat}([]byte{${first}}, ${value.length})`;
    }
    return `[]byte{${[...value].join(', ')}}`;
  }
}

/** An interpreted string literal. */
export function goText(value: string): string {
  let made = '"';
  // Half a pair is no character of Go's.
  for (const char of value.toWellFormed()) {
    const code = char.codePointAt(0) as number;
    if (char === '"' || char === '\\') made += `\\${char}`;
    else if (code >= 0x20 && code < 0x7f) made += char;
    else if (code > 0xffff) made += `\\U${code.toString(16).padStart(8, '0')}`;
    else made += `\\u${code.toString(16).padStart(4, '0')}`;
  }
  return `${made}"`;
}

function hasPresence(field: DescField): boolean {
  return field.presence !== FeatureSet_FieldPresence.IMPLICIT && field.fieldKind !== 'list';
}
