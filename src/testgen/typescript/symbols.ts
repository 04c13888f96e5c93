/**
 * What protoc-gen-es calls schemas and shapes, and where they are imported from. The framework
 * (names.js of @bufbuild/protoplugin) works out the names of a whole file for each symbol that is
 * asked for, which takes minutes in a file of thousands of messages; here it is done once a file,
 * by the same rules. A test holds the two equal.
 */
import type {
  DescEnum,
  DescExtension,
  DescFile,
  DescMessage,
  DescService,
} from '@bufbuild/protobuf';
import { nestedTypes } from '@bufbuild/protobuf/reflect';
import { type GeneratedFile, type ImportSymbol, safeIdentifier } from '@bufbuild/protoplugin';

type Described = DescMessage | DescEnum | DescExtension | DescService;

/** The printer of one generated file, with symbols that are looked up. */
export class Symbols {
  readonly file: GeneratedFile;
  private readonly sources = new Map<DescFile, string>();

  constructor(file: GeneratedFile) {
    this.file = file;
  }

  /** `BookSchema`, or the service or extension itself. */
  schema(desc: Described, isType = false): ImportSymbol {
    return this.symbol(desc, namesOf(desc.file).schemas.get(desc), isType);
  }

  /** The enum itself. */
  shape(desc: DescEnum, isType = false): ImportSymbol {
    return this.symbol(desc, namesOf(desc.file).shapes.get(desc), isType);
  }

  private symbol(desc: Described, name: string | undefined, isType: boolean): ImportSymbol {
    if (name === undefined) throw new Error(`${desc} has no name`);
    return this.file.import(name, this.source(desc.file), isType);
  }

  private source(file: DescFile): string {
    const known = this.sources.get(file);
    if (known !== undefined) return known;
    const { from } = this.file.importSchema(file);
    this.sources.set(file, from);
    return from;
  }
}

interface Names {
  readonly schemas: ReadonlyMap<Described, string>;
  readonly shapes: ReadonlyMap<Described, string>;
}

const known = new WeakMap<DescFile, Names>();

function namesOf(file: DescFile): Names {
  const made = known.get(file) ?? resolveNames(file);
  known.set(file, made);
  return made;
}

/** Shapes come first, then the file and its schemas; who comes late gets $, $1, $2. */
function resolveNames(file: DescFile): Names {
  const taken = new Set<string>();
  const unused = (wanted: string): string => {
    let name = safeIdentifier(wanted);
    for (let i = 0; taken.has(name); i += 1) name = safeIdentifier(`${wanted}$${i || ''}`);
    taken.add(name);
    return name;
  };
  const types = [...nestedTypes(file)];
  const isShaped = ({ kind }: Described): boolean => kind === 'enum' || kind === 'message';
  const shapes = new Map(
    types.filter(isShaped).map((desc) => [desc, unused(identifier(desc))] as const),
  );
  unused(`file_${file.name.replace(/[^a-zA-Z0-9_]+/g, '_')}`);
  const schemas = new Map(
    types.map((desc) => {
      return [desc, unused(`${identifier(desc)}${isShaped(desc) ? 'Schema' : ''}`)] as const;
    }),
  );
  return { schemas, shapes };
}

/** Outer_Inner */
function identifier(desc: Described): string {
  const { package: inPackage } = desc.file.proto;
  const local = inPackage === '' ? desc.typeName : desc.typeName.slice(inPackage.length + 1);
  return local.replaceAll('.', '_');
}
