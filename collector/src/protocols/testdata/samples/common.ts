import type { RequestDescription } from '../../define.ts';

/** A value that stands for whatever must never leave the process; it appears only as a literal, key or header. */
export const SECRET = 'hunter2-s3cr3t';

export interface ProtocolSample {
  readonly title: string;
  readonly request: Uint8Array;
  readonly response: Uint8Array;
  readonly status: number;
  /** For the client's side. */
  readonly expected: Pick<RequestDescription, 'spanName' | 'failed' | 'statusMessage'>;
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

export const concat = (...parts: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

export const OK = { failed: false, statusMessage: '' } as const;

/** Big-endian integer of `size` bytes. */
export const big = (size: number, value: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** (size - 1 - i)) & 0xff);

/** Little-endian integer of `size` bytes. */
export const little = (size: number, value: number): Uint8Array => big(size, value).reverse();
