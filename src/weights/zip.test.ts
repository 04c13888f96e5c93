import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { noise } from '../../test/hub-server.ts';
import { writeZip } from '../../test/zip-writer.ts';
import { extractMember, readZipDirectory } from './zip.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-zip-'));
});
after(() => rm(folder, { recursive: true }));

const CONTENT = Buffer.concat([noise(300_000, 'zip'), Buffer.alloc(300_000)]);
const WHOLE = writeZip([
  { name: 'a/stored.gguf', content: CONTENT, isStored: true },
  { name: 'a/packed.gguf', content: CONTENT },
  { name: 'empty', content: Buffer.alloc(0), isStored: true },
]);

async function extract(zip: Uint8Array, name: string): Promise<Buffer> {
  const path = join(folder, 'x.zip');
  await writeFile(path, zip);
  const members = await readZipDirectory(path);
  const member = members.find((one) => one.name === name);
  assert.ok(member, `${name} in ${members.map((one) => one.name)}`);
  const chunks: Uint8Array[] = [];
  await extractMember(path, member, async (chunk) => void chunks.push(Uint8Array.from(chunk)));
  return Buffer.concat(chunks);
}

function edited(edit: (zip: Buffer) => void): Buffer {
  const zip = Buffer.from(WHOLE);
  edit(zip);
  return zip;
}

const centralOffset = () => WHOLE.readUInt32LE(WHOLE.length - 22 + 16);

test('stored, deflated and empty members come out as they went in', async () => {
  assert.deepEqual(await extract(WHOLE, 'a/stored.gguf'), CONTENT);
  assert.deepEqual(await extract(WHOLE, 'a/packed.gguf'), CONTENT);
  assert.equal((await extract(WHOLE, 'empty')).length, 0);
});

test('a comment after the end record does not hide the directory', async () => {
  const zip = writeZip([{ name: 'x', content: CONTENT }], 'a comment');
  assert.deepEqual(await extract(zip, 'x'), CONTENT);
});

test('a changed byte in the data is seen by the CRC-32', async () => {
  const zip = edited((bytes) => {
    bytes[1000] ^= 1;
  });
  await assert.rejects(extract(zip, 'a/stored.gguf'), /recorded length and CRC-32/);
});

test('a member that unpacks to more than it says is stopped', async () => {
  const zip = writeZip([{ name: 'x', content: CONTENT }]);
  const central = zip.readUInt32LE(zip.length - 22 + 16);
  zip.writeUInt32LE(1000, central + 24);
  await assert.rejects(extract(zip, 'x'), /longer than it says/);
});

test('data that is no deflate stream is refused', async () => {
  const zip = writeZip([{ name: 'x', content: CONTENT }]);
  // Block type 3 does not exist (RFC 1951 section 3.2.3).
  zip[31] = 0b111;
  await assert.rejects(extract(zip, 'x'), /cannot be unpacked \(Z_/);
});

test('every truncation is refused', async () => {
  const small = writeZip([{ name: 'x', content: Buffer.from('hello') }]);
  for (let bytes = 0; bytes < small.length; bytes += 1) {
    await assert.rejects(extract(small.subarray(0, bytes), 'x'), { code: 'source-failed' });
  }
});

test('ZIP64, encryption, unknown methods and false offsets are refused by name', async () => {
  const cases: readonly (readonly [(zip: Buffer) => void, RegExp])[] = [
    [(zip) => zip.writeUInt32LE(0xffffffff, zip.length - 6), /ZIP64/],
    [(zip) => zip.writeUInt32LE(0xffffffff, centralOffset() + 24), /ZIP64 sizes/],
    [(zip) => zip.writeUInt16LE(1, centralOffset() + 8), /encrypted/],
    [(zip) => zip.writeUInt16LE(12, centralOffset() + 10), /method 12/],
    [(zip) => zip.writeUInt32LE(5, centralOffset() + 42), /not where the directory says/],
    [(zip) => zip.writeUInt32LE(0xfffffff0, centralOffset() + 20), /over the end of the file/],
    [(zip) => zip.writeUInt32LE(0xffffff, zip.length - 10), /directory of 16777215 bytes/],
    [(zip) => zip.writeUInt16LE(9, zip.length - 12), /3 of 9 members/],
    [(zip) => zip.writeUInt16LE(60000, centralOffset() + 28), /leaves its directory/],
  ];
  for (const [edit, message] of cases) {
    await assert.rejects(extract(edited(edit), 'a/stored.gguf'), message);
  }
});
