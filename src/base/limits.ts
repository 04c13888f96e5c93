/** Limits that several parts share, each with its reason. A part's own limits stand in the part. */

/** Largest HTTP body, bytes: the limit of the Anthropic API, so that clients meet no surprise. */
export const BODY_BYTES_MAX = 32 * 1024 * 1024;

/** One WebAssembly.Memory with 32-bit addresses, bytes; the last page is kept out of reach. */
export const WASM_MEMORY_BYTES_MAX = 65535 * 65536;
