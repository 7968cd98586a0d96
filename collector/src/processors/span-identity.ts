/** Span identity as the kernel computes it: bpf/include/lib/span_identity.bpf.h, docs/decisions/0001. */

const MASK = 0xffffffffffffffffn;
const GOLDEN = 0x9e3779b97f4a7c15n;
const SPAN_CLIENT = 1n;
const SPAN_SERVER = 2n;
const TRACE_HIGH = 3n;
const TRACE_LOW = 4n;

/** The finaliser of splitmix64; never 0. */
function mix(value: bigint, salt: bigint): bigint {
  let mixed = (value + salt * GOLDEN) & MASK;
  mixed = ((mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
  mixed = ((mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn) & MASK;
  mixed ^= mixed >> 31n;
  return mixed === 0n ? 1n : mixed;
}

const hex = (value: bigint): string => value.toString(16).padStart(16, '0');

/** 16 hex digits of the span that this end of a request has. */
export const spanIdOf = (wireId: bigint, inbound: boolean): string =>
  hex(mix(wireId, inbound ? SPAN_SERVER : SPAN_CLIENT));

/** 32 hex digits of the trace that a root begins. */
export const rootTraceIdOf = (wireId: bigint): string =>
  hex(mix(wireId, TRACE_HIGH)) + hex(mix(wireId, TRACE_LOW));
