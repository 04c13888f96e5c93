/**
 * Reads tensors from the file and repacks them into the kernels' memory. Every thread takes the
 * next unit until none is left; nothing but a unit is held twice.
 */
import { closeSync, readSync } from 'node:fs';
import { VitrineError } from '../../base/index.ts';
import { findNonFinite } from '../gguf/index.ts';
import { CONTROL, fileRowBytes, pack, packedBytes, type WeightType } from '../kernels/index.ts';
import type { Tensor } from '../model/index.ts';
import { CONTROL_WORDS, LOADED_KB, NEXT_UNIT } from './control.ts';
import { checkStamp, openModelFile, type StampedFile } from './model-file.ts';
import type { LoadUnit } from './protocol.ts';

/** Bytes of a unit in the file, about: large enough for the disk, small beside the model. */
const UNIT_BYTES = 4 * 1024 * 1024;

/** Cuts tensors into units of whole groups of 4 rows. */
export function planUnits(tensors: readonly Tensor[]): LoadUnit[] {
  const units: LoadUnit[] = [];
  for (const tensor of tensors) {
    const rowBytes = fileRowBytes(tensor.type, tensor.K);
    const rowsPerUnit = Math.max(4, Math.floor(UNIT_BYTES / rowBytes / 4) * 4);
    for (let row = 0; row < tensor.N; row += rowsPerUnit) {
      const rows = Math.min(rowsPerUnit, tensor.N - row);
      units.push({
        ...{ tensor: tensor.name, type: tensor.type, K: tensor.K, file: tensor.file },
        offsetBytes: tensor.offsetBytes + row * rowBytes,
        sizeBytes: rows * rowBytes,
        address: tensor.address + packedBytes(tensor.type, row, tensor.K),
        packedBytes: packedBytes(tensor.type, rows, tensor.K),
      });
    }
  }
  return units;
}

/**
 * Takes units until none is left, from files with these stamps, which they must still have then.
 * @throws VitrineError truncated-file, bad-tensor, digest-mismatch
 */
export function loadUnits(
  files: readonly StampedFile[],
  units: readonly LoadUnit[],
  buffer: ArrayBufferLike,
  onUnit: () => void = () => {},
): void {
  if (units.length === 0) return;
  const control = new Int32Array(buffer, CONTROL, CONTROL_WORDS);
  const staging = new Uint8Array(units.reduce((most, unit) => Math.max(most, unit.sizeBytes), 0));
  const opened: number[] = [];
  const checkAll = (): void => {
    for (const [i, { stamp, path }] of files.entries()) checkStamp(opened[i], stamp, path);
  };
  try {
    for (const { path } of files) opened.push(openModelFile(path));
    checkAll();
    for (;;) {
      const unit = units[Atomics.add(control, NEXT_UNIT, 1)];
      if (unit === undefined) break;
      loadUnit(opened[unit.file], unit, staging.subarray(0, unit.sizeBytes), buffer);
      Atomics.add(control, LOADED_KB, Math.round(unit.sizeBytes / 1024));
      onUnit();
    }
    checkAll();
  } finally {
    for (const file of opened) closeSync(file);
  }
}

function loadUnit(file: number, unit: LoadUnit, bytes: Uint8Array, buffer: ArrayBufferLike): void {
  let done = 0;
  while (done < bytes.length) {
    const count = readSync(file, bytes, done, bytes.length - done, unit.offsetBytes + done);
    if (count === 0) {
      throw new VitrineError('truncated-file', `the file ends inside the tensor ${unit.tensor}`);
    }
    done += count;
  }
  const type = unit.type as WeightType;
  const bad = findNonFinite(type, bytes);
  if (bad >= 0) {
    throw new VitrineError(
      'bad-tensor',
      `the tensor ${unit.tensor} has a NaN or infinity at byte ${unit.offsetBytes + bad} of the ` +
        'file',
    );
  }
  pack(type, unit.K, bytes, new Uint8Array(buffer, unit.address, unit.packedBytes));
}
