import type { KernelSample, PythonFrame } from './kernel.ts';

/** Names for the addresses of one process. */
export interface FrameNames {
  frameAt(address: number): string | undefined;
  codeAt(code: number): string;
  /** File name of the Python interpreter, where the process runs one. */
  readonly interpreter: string | undefined;
}

const EVALUATE = '_PyEval_EvalFrameDefault';
const MAX_FRAME_LENGTH = 200;
/** Stand for functions of a run-time compiler or interpreter that nothing names: a row of them says no more than one. */
const NAMELESS: ReadonlySet<string> = new Set(['[jit]', 'Builtins_InterpreterEntryTrampoline']);

/** Frames of a sample, innermost first: user space with Python's functions in their places. */
export function userFrames(
  { user, python }: Pick<KernelSample, 'user' | 'python'>,
  names: FrameNames,
): readonly string[] {
  const native = nativeFrames(user, names);
  return python.length > 0 ? withPython(native, python, names) : native;
}

/** Frames as they are stored, innermost first: kernel, then user space. */
export function wholeStack(kernel: readonly string[], user: readonly string[]): readonly string[] {
  const frames = [...kernel, ...user].map((frame) => frame.slice(0, MAX_FRAME_LENGTH));
  return frames.length > 0 ? frames : ['[unknown]'];
}

/** Ends where the stack leads out of executable memory: code without frame pointers hides its callers. */
function nativeFrames(addresses: Float64Array, names: FrameNames): string[] {
  const frames: string[] = [];
  for (const [i, address] of addresses.entries()) {
    // Above the innermost stand return addresses: the call is before them.
    const frame = names.frameAt(i === 0 ? address : address - 1);
    if (frame === undefined) break;
    if (!NAMELESS.has(frame) || frame !== frames.at(-1)) frames.push(frame);
  }
  return frames;
}

/**
 * Each C frame of the interpreter's loop stands for the Python frames up to its entry. Where the C stack is
 * incomplete, the functions that Python called in C go on top of all Python frames.
 */
function withPython(
  native: readonly string[],
  python: readonly PythonFrame[],
  names: FrameNames,
): readonly string[] {
  const runs = runsOf(python, names);
  const loops = native.filter((frame) => frame === EVALUATE).length;
  if (loops === runs.length) {
    let next = 0;
    return native.flatMap((frame) =>
      frame === EVALUATE ? runs[next++]! : isInterpreter(frame, names) ? [] : [frame],
    );
  }
  const loop = native.indexOf(EVALUATE);
  const called = (loop >= 0 ? native.slice(0, loop) : native.slice(0, 1)).filter(
    (frame) => !isInterpreter(frame, names),
  );
  return [...called, ...runs.flat()];
}

/** The interpreter's own functions without a name say nothing. */
const isInterpreter = (frame: string, { interpreter }: FrameNames): boolean =>
  interpreter !== undefined && frame.startsWith(`${interpreter}+0x`);

/** Python frames that share a C frame; the last of each was entered from C. */
function runsOf(python: readonly PythonFrame[], names: FrameNames): readonly (readonly string[])[] {
  const runs: string[][] = [];
  let run: string[] = [];
  for (const { code, isEntry } of python) {
    run.push(names.codeAt(code));
    if (!isEntry) continue;
    runs.push(run);
    run = [];
  }
  if (run.length > 0) runs.push(run);
  return runs;
}
