/** Records that a call met a value that is not finite. */
import { FAULT } from './constants';

/** Keeps the earliest call of the list, whichever worker comes first. */
export function fault(record: usize): void {
  if (ASC_FEATURE_THREADS) {
    let known = atomic.load<u32>(FAULT);
    while (known == 0 || known > <u32>record) {
      const seen = atomic.cmpxchg<u32>(FAULT, known, <u32>record);
      if (seen == known) return;
      known = seen;
    }
    return;
  }
  const known = load<u32>(FAULT);
  if (known == 0 || known > <u32>record) store<u32>(FAULT, <u32>record);
}
