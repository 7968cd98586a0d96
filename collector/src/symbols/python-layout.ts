/** Offsets of the CPython structs that a stack is read through, in bytes, for 64-bit builds. */
export interface PythonLayout {
  /** The thread that holds the interpreter's lock, where the runtime says so. */
  readonly runtimeCurrentThread?: number;
  /** The main interpreter. */
  readonly runtimeInterpreter: number;
  readonly interpreterThread: number;
  readonly threadNext: number;
  readonly threadId: number;
  /** Pointer to the innermost frame, or (with `cframeFrame`) to what holds that pointer. */
  readonly threadFrame: number;
  readonly cframeFrame?: number;
  readonly frameCode: number;
  readonly framePrevious: number;
  /** A byte that tells which frames the interpreter was entered for from C. */
  readonly frameMark?: number;
  /** What the byte says: nothing, since `each` frame has a C frame; a truth value; the `owner` of the frame. */
  readonly markKind: 'each' | 'entry' | 'owner';
  readonly objectType: number;
  readonly codeFileName: number;
  /** `co_qualname`; before 3.11 `co_name`. */
  readonly codeQualifiedName: number;
  readonly codeFirstLine: number;
  readonly textLength: number;
  readonly textState: number;
  /** Where the bytes of a compact ASCII text start, and those of another compact text. */
  readonly asciiBytes: number;
  readonly compactBytes: number;
}

/** Texts before 3.12 kept a second form of themselves. */
const OLD_TEXT = { textLength: 16, textState: 32, asciiBytes: 48, compactBytes: 72 } as const;
const TEXT = { textLength: 16, textState: 32, asciiBytes: 40, compactBytes: 56 } as const;

/** 3.8 to 3.10: each Python function runs in a C function of its own. */
const FRAME_OBJECTS = {
  runtimeInterpreter: 40,
  interpreterThread: 8,
  threadNext: 8,
  threadId: 176,
  threadFrame: 24,
  frameCode: 32,
  framePrevious: 24,
  markKind: 'each',
  objectType: 8,
  codeFileName: 104,
  codeQualifiedName: 112,
  codeFirstLine: 40,
  ...OLD_TEXT,
} as const;

/** By `major.minor`: offsetof() of each version's headers; they do not change within one. */
export const PYTHON_LAYOUTS: Readonly<Record<string, PythonLayout>> = {
  '3.8': { ...FRAME_OBJECTS, runtimeCurrentThread: 1368 },
  '3.9': { ...FRAME_OBJECTS, runtimeCurrentThread: 568 },
  '3.10': { ...FRAME_OBJECTS, runtimeCurrentThread: 568 },
  '3.11': {
    runtimeCurrentThread: 576,
    runtimeInterpreter: 48,
    interpreterThread: 16,
    threadNext: 8,
    threadId: 152,
    threadFrame: 56,
    cframeFrame: 8,
    frameCode: 32,
    framePrevious: 48,
    frameMark: 68,
    markKind: 'entry',
    objectType: 8,
    codeFileName: 112,
    codeQualifiedName: 128,
    codeFirstLine: 72,
    ...OLD_TEXT,
  },
  '3.12': {
    runtimeInterpreter: 48,
    interpreterThread: 72,
    threadNext: 8,
    threadId: 136,
    threadFrame: 56,
    cframeFrame: 0,
    frameCode: 0,
    framePrevious: 8,
    frameMark: 70,
    markKind: 'owner',
    objectType: 8,
    codeFileName: 112,
    codeQualifiedName: 128,
    codeFirstLine: 68,
    ...TEXT,
  },
  '3.13': {
    runtimeInterpreter: 640,
    interpreterThread: 7344,
    threadNext: 8,
    threadId: 152,
    threadFrame: 72,
    frameCode: 0,
    framePrevious: 8,
    frameMark: 70,
    markKind: 'owner',
    objectType: 8,
    codeFileName: 112,
    codeQualifiedName: 128,
    codeFirstLine: 68,
    ...TEXT,
  },
};
