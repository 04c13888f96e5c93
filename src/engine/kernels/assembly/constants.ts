/**
 * Constant vectors live in memory at fixed low addresses; `../memory-map.ts` writes them. A vector
 * constant in the code would be rebuilt by V8 at each use (three instructions, seen in its machine
 * code), a loaded one stays in a register.
 */
/** i16x8 of 1. */
export const ONES: usize = 1024;
/** i8x16 of 15. */
export const MASK4: usize = 1040;
/** i32x4 of 0x8fffe000: sign, exponent and mantissa of a half shifted left by 13. */
export const HALF_MASK: usize = 1056;
/** f32x4 of 2^112: rescales the exponent of a half. */
export const HALF_SCALE: usize = 1072;
/** i32: address of the first kernel call that met a value that is not finite; 0: none. */
export const FAULT: usize = 1152;
/** i32: workers that sleep at a barrier. */
export const SLEEPERS: usize = 1156;
/** i32: 1 once a worker has failed inside a list; the others must not wait for it. */
export const ABORTED: usize = 1160;
