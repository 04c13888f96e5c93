/** Is there room on the disk before anything is written. */
import { statfs } from 'node:fs/promises';
import { formatBytes, VitrineError } from '../base/index.ts';
import type { WeightsErrorCode } from './errors.ts';

/** Kept free beside the model, for the lock file and everybody else. */
const MARGIN_BYTES = 32 << 20;

/** @throws VitrineError no-space */
export async function checkSpace(folder: string, bytesNeeded: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const bytesFree = bavail * bsize;
  if (bytesFree >= bytesNeeded + MARGIN_BYTES) return;
  throw new VitrineError<WeightsErrorCode>(
    'no-space',
    `${folder} has ${formatBytes(bytesFree)} free; the model needs ${formatBytes(bytesNeeded)} ` +
      `and ${formatBytes(MARGIN_BYTES)} to spare. Free some, or set VITRINE_DATA_DIR to another ` +
      'disk.',
  );
}
