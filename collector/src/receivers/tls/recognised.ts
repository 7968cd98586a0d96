import type { ElfFile } from '../../symbols/elf.ts';
import { ARCHITECTURES, functionEnds, type FunctionEnds } from '../../symbols/function-ends.ts';
import { codeOf, type NamedFunction } from '../../symbols/functions-named.ts';

/** One place in a file where a kernel program is to be attached. */
export interface Probe {
  /** Program of object `requests`. */
  readonly program: string;
  /** Offset in the file. */
  readonly offset: number;
}

/** What was made of an executable or library. */
export type Recognition =
  /** A build whose TLS can be looked into. `build`: what it is, with its version. */
  | { readonly kind: 'recognised'; readonly build: string; readonly probes: readonly Probe[] }
  /** It does TLS, but in a way that is not known for sure: left alone. */
  | { readonly kind: 'refused'; readonly build: string; readonly reason: string }
  /** No TLS in it that we know of. */
  | { readonly kind: 'none' };

/** No function of a TLS library's interface is as long as this. */
const MAX_FUNCTION = 16 * 1024;

/** Probes of one function: at its entry, and at every instruction by which it returns. */
export type FunctionProbes =
  { readonly ok: true; readonly probes: readonly Probe[] } | { readonly ok: false; readonly reason: string };

/** For functions of which only the entry matters. */
export function entryProbe(file: ElfFile, found: NamedFunction, program: string): FunctionProbes {
  const offset = file.offsetOf(found.address);
  if (offset === undefined) return { ok: false, reason: `${found.name}: not in the file` };
  return { ok: true, probes: [{ program, offset }] };
}

/**
 * A function whose every way out must be seen. Refused when its instructions are not understood to the last one, or
 * when it can end in another function.
 */
export function boundedProbes(
  file: ElfFile,
  found: NamedFunction,
  program: string,
  onReturn: string,
): FunctionProbes {
  const offset = file.offsetOf(found.address);
  const ends = endsOf(file, found);
  if (offset === undefined) return { ok: false, reason: `${found.name}: not in the file` };
  const reason = whyNot(ends);
  if (!ends.ok || reason) return { ok: false, reason: `${found.name}: ${reason}` };
  const returns = ends.returns.map((at) => ({ program: onReturn, offset: offset + at }));
  return { ok: true, probes: [{ program, offset }, ...returns] };
}

function endsOf(file: ElfFile, found: NamedFunction): FunctionEnds {
  const architecture = ARCHITECTURES[file.machine];
  if (!architecture) return { ok: false, reason: `machine ${file.machine} is not known` };
  const code = codeOf(file, found, MAX_FUNCTION);
  if (!code) return { ok: false, reason: `no size, or more than ${MAX_FUNCTION} bytes` };
  return functionEnds(code, architecture);
}

function whyNot(ends: FunctionEnds): string {
  if (!ends.ok) return ends.reason;
  if (ends.leavesBlindly) return 'it can end with a jump to an unknown place';
  if (ends.leaves.length > 0) return 'it can end in another function';
  return ends.returns.length === 0 ? 'it never returns' : '';
}

/** Probes of several functions, or the first reason against one. */
export function together(parts: readonly FunctionProbes[]): FunctionProbes {
  const probes: Probe[] = [];
  for (const part of parts) {
    if (!part.ok) return part;
    probes.push(...part.probes);
  }
  return { ok: true, probes };
}
