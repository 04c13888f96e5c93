/** What a file that is no GGUF looks like, so that the error can say what came instead. */

const PREFIXES: readonly (readonly [string, string])[] = [
  [
    'version https://git-lfs',
    'a Git LFS pointer instead of the file itself; fetch it with git lfs',
  ],
  ['<!DOCTYPE', 'an HTML page, perhaps an error page of the download'],
  ['<!doctype', 'an HTML page, perhaps an error page of the download'],
  ['<html', 'an HTML page, perhaps an error page of the download'],
  ['PK\u0003\u0004', 'a ZIP archive (a PyTorch checkpoint or a wheel)'],
  ['\u001f\u008b', 'a gzip file; unpack it first'],
  ['lmgg', 'a GGML file from before GGUF; convert the original model again'],
  ['fmgg', 'a GGML file from before GGUF; convert the original model again'],
  ['tjgg', 'a GGML file from before GGUF; convert the original model again'],
  ['FUGG', 'a GGUF file with its bytes swapped'],
  ['{"', 'a JSON text'],
  ['age-encryption.org/', 'a file encrypted with age'],
];

/** A short name of the format, or undefined. */
export function nameOtherFormat(bytes: Uint8Array): string | undefined {
  for (const [prefix, name] of PREFIXES) {
    if (startsWith(bytes, prefix, 0)) return name;
  }
  // u64 length of a JSON header, then the header.
  const isSafetensors = bytes.length > 9 && bytes[7] === 0 && startsWith(bytes, '{"', 8);
  return isSafetensors ? 'a safetensors file; convert it to GGUF first' : undefined;
}

function startsWith(bytes: Uint8Array, prefix: string, at: number): boolean {
  if (bytes.length < at + prefix.length) return false;
  for (let i = 0; i < prefix.length; i += 1) {
    if (bytes[at + i] !== prefix.charCodeAt(i)) return false;
  }
  return true;
}
