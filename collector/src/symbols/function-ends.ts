import { x86InstructionAt } from './x86-instruction.ts';

/** Where a function ends, as offsets from its start; or why that cannot be told. */
export type FunctionEnds =
  | {
      readonly ok: true;
      /** Its return instructions. */
      readonly returns: readonly number[];
      /** Where it jumps to outside of itself, as offsets from its own start; several when it does so often. */
      readonly leaves: readonly number[];
      /** It also ends with a jump to an address that only the running program knows. */
      readonly leavesBlindly: boolean;
    }
  | { readonly ok: false; readonly reason: string };

export type Architecture = 'x86-64' | 'arm64';

/** ELF e_machine. */
export const ARCHITECTURES: Readonly<Record<number, Architecture>> = { 62: 'x86-64', 183: 'arm64' };

/**
 * Looks at every instruction of a function from its first byte to its last. Certain, or nothing: an unknown
 * instruction, one that reaches over the end, or a jump into the middle of another mean that the code was not
 * understood, and then no offset of it may be written to.
 */
export function functionEnds(code: Uint8Array, architecture: Architecture): FunctionEnds {
  return architecture === 'x86-64' ? x86Ends(code) : arm64Ends(code);
}

const refused = (reason: string): FunctionEnds => ({ ok: false, reason });

function x86Ends(code: Uint8Array): FunctionEnds {
  const starts = new Uint8Array(code.length);
  const returns: number[] = [];
  const jumps: number[] = [];
  let leavesBlindly = false;
  for (let at = 0; at < code.length;) {
    const instruction = x86InstructionAt(code, at);
    if (!instruction) return refused(`unknown instruction at +0x${at.toString(16)}`);
    starts[at] = 1;
    if (instruction.kind === 'return') returns.push(at);
    if (instruction.kind === 'jump') jumps.push(instruction.target);
    if (instruction.kind === 'tail') leavesBlindly = true;
    at += instruction.length;
  }
  const leaves: number[] = [];
  for (const target of jumps) {
    if (target < 0 || target >= code.length) leaves.push(target);
    else if (!starts[target]) return refused(`a jump into the middle of +0x${target.toString(16)}`);
  }
  return { ok: true, returns, leaves, leavesBlindly };
}

/** RET, RETAA, RETAB; Arm ARM C4.1. */
const ARM64_RETURNS: ReadonlySet<number> = new Set([0xd65f03c0, 0xd65f0bff, 0xd65f0fff]);

function arm64Ends(code: Uint8Array): FunctionEnds {
  if (code.length % 4 !== 0) return refused('its size is no multiple of 4');
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  const returns: number[] = [];
  const leaves: number[] = [];
  let leavesBlindly = false;
  for (let at = 0; at < code.length; at += 4) {
    const word = view.getUint32(at, true);
    if (ARM64_RETURNS.has(word)) returns.push(at);
    // BR, and B with its 26 bits of words.
    if ((word & 0xfffffc1f) >>> 0 === 0xd61f0000) leavesBlindly = true;
    const target = at + (((word & 0x03ffffff) << 6) >> 6) * 4;
    if (word >>> 26 === 0b000101 && (target < 0 || target >= code.length)) leaves.push(target);
  }
  return { ok: true, returns, leaves, leavesBlindly };
}
