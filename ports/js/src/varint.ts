/** Variable-length integers (Section 7.1). */

export function pushVarint(out: number[], value: number): void {
  // Division instead of shifts: values go up to 2^53, shifts would cut them to 32 bits.
  while (value > 127) {
    out.push((value % 128) + 128);
    value = Math.floor(value / 128);
  }
  out.push(value);
}

export function pushBigVarint(out: number[], value: bigint): void {
  while (value > 127n) {
    out.push(Number(value & 127n) | 128);
    value >>= 7n;
  }
  out.push(Number(value));
}

export function varintLength(value: number): number {
  let length = 1;
  for (; value > 127; value = Math.floor(value / 128)) length++;
  return length;
}

/** Bits of an integer type to: most bytes, greatest last byte when all are used. */
export const VARINT_LIMITS = {
  16: { bytes: 3, last: 0x03 },
  32: { bytes: 5, last: 0x0f },
  64: { bytes: 10, last: 0x01 },
  128: { bytes: 19, last: 0x03 },
} as const;

export type VarintBits = keyof typeof VARINT_LIMITS;

/**
 * The number of bytes of the varint at `at`, or undefined if it ends early, is too long or
 * overflows its type.
 */
export function measureVarint(bytes: Uint8Array, at: number, bits: VarintBits): number | undefined {
  const limit = VARINT_LIMITS[bits];
  for (let i = 0; i < limit.bytes; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) return undefined;
    if (byte < 128) return i + 1 === limit.bytes && byte > limit.last ? undefined : i + 1;
  }
  return undefined;
}

/** Exact up to 2^53; a greater value comes out rounded, but still above 2^53. */
export function varintNumber(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let i = length - 1; i >= 0; i--) value = value * 128 + ((bytes[at + i] as number) & 127);
  return value;
}

export function varintBigint(bytes: Uint8Array, at: number, length: number): bigint {
  let value = 0n;
  for (let i = length - 1; i >= 0; i--) value = (value << 7n) | BigInt((bytes[at + i] as number) & 127);
  return value;
}
