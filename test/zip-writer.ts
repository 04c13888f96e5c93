/** Writes small zip files for tests (APPNOTE 6.3.10), wheels among them. */
import { createHash } from 'node:crypto';
import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipInput {
  readonly name: string;
  readonly content: Uint8Array;
  /** Default: deflate. */
  readonly isStored?: boolean;
}

export function writeZip(inputs: readonly ZipInput[], comment = ''): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, content, isStored } of inputs) {
    const packed = isStored ? Buffer.from(content) : deflateRawSync(content);
    const nameBytes = Buffer.from(name);
    // From "version needed" to "extra length": the same in both headers.
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(isStored ? 0 : 8, 4);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(nameBytes.length, 22);
    const local = Buffer.concat([uint32(0x04034b50), common, nameBytes, packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    central.push(
      Buffer.concat([uint32(0x02014b50), Buffer.from([20, 0]), common, tail, nameBytes]),
    );
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(inputs.length, 8);
  end.writeUInt16LE(inputs.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...locals, directory, end, Buffer.from(comment)]);
}

/** A wheel (PyPA binary distribution format 1.0) that pip accepts. */
export function writeWheel(name: string, version: string, files: readonly ZipInput[]): Buffer {
  const folder = `${name}-${version}.dist-info`;
  const text = (path: string, content: string): ZipInput => ({
    name: `${folder}/${path}`,
    content: Buffer.from(content),
  });
  const all = [
    ...files,
    text('METADATA', `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`),
    text(
      'WHEEL',
      'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    ),
  ];
  const record = all.map(({ name: path, content }) => {
    const digest = createHash('sha256').update(content).digest('base64url');
    return `${path},sha256=${digest},${content.length}\n`;
  });
  return writeZip([...all, text('RECORD', `${record.join('')}${folder}/RECORD,,\n`)]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
