/** Offsets of the CPython structs that a stack is read through, in bytes, for 64-bit builds. */
export interface PythonLayout {
  readonly runtimeCurrentThread: number;
  readonly runtimeInterpreter: number;
  readonly interpreterThread: number;
  readonly threadNext: number;
  readonly threadId: number;
  readonly threadCframe: number;
  readonly cframeFrame: number;
  readonly frameCode: number;
  readonly framePrevious: number;
  readonly frameIsEntry: number;
  readonly objectType: number;
  readonly codeFileName: number;
  readonly codeQualifiedName: number;
  readonly codeFirstLine: number;
  readonly textLength: number;
  readonly textState: number;
  /** Where the bytes of a compact ASCII text start, and those of another compact text. */
  readonly asciiBytes: number;
  readonly compactBytes: number;
}

/** By `major.minor`. From the headers of each version; they do not change within one. */
export const PYTHON_LAYOUTS: Readonly<Record<string, PythonLayout>> = {
  '3.11': {
    runtimeCurrentThread: 576,
    runtimeInterpreter: 40,
    interpreterThread: 16,
    threadNext: 8,
    threadId: 152,
    threadCframe: 56,
    cframeFrame: 8,
    frameCode: 32,
    framePrevious: 48,
    frameIsEntry: 68,
    objectType: 8,
    codeFileName: 112,
    codeQualifiedName: 128,
    codeFirstLine: 72,
    textLength: 16,
    textState: 32,
    asciiBytes: 48,
    compactBytes: 72,
  },
};
