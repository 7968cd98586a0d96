import { basename } from 'node:path';
import { ElfFile } from './elf.ts';
import type { Mapping } from './process-maps.ts';
import { PYTHON_LAYOUTS, type PythonLayout } from './python-layout.ts';
import { addressesOf } from './symbol-table.ts';

/** A CPython interpreter in a process. */
export interface PythonProcess {
  /** Address of _PyRuntime. */
  readonly runtime: number;
  /** Address of PyCode_Type: what is no code object is recognised by it. */
  readonly codeType: number;
  readonly layout: PythonLayout;
  /** Name of the file that holds the interpreter. */
  readonly module: string;
}

const INTERPRETER = /^(python\d*(\.\d+)?|libpython\d\.\d+\S*\.so\S*)$/;
const SYMBOLS = ['_PyRuntime', 'PyCode_Type', 'Py_Version'];

/** undefined when the process runs no CPython of a version whose layout is known. */
export function findPython(mappings: readonly Mapping[], root: string): PythonProcess | undefined {
  for (const mapping of mappings) {
    if (!INTERPRETER.test(basename(mapping.path))) continue;
    const found = inspect(mapping, root);
    if (found) return found;
  }
  return undefined;
}

function inspect(mapping: Mapping, root: string): PythonProcess | undefined {
  let file: ElfFile;
  try {
    file = new ElfFile(`${root}/map_files/${mapping.start.toString(16)}-${mapping.end.toString(16)}`);
  } catch {
    return undefined; // exited meanwhile, or not ours to read
  }
  try {
    const symbols = addressesOf(file, SYMBOLS);
    const [runtime, codeType, version] = SYMBOLS.map((name) => symbols.get(name));
    const bias = file.biasOf(mapping.start, mapping.offset);
    if (runtime === undefined || codeType === undefined || bias === undefined) return undefined;
    const layout = PYTHON_LAYOUTS[versionAt(file, version) ?? versionIn(mapping.path)];
    return (
      layout && { runtime: runtime + bias, codeType: codeType + bias, layout, module: basename(mapping.path) }
    );
  } finally {
    file.close();
  }
}

/** PY_VERSION_HEX as 3.11 and later keep it: 0x030b02f0. */
function versionAt(file: ElfFile, address: number | undefined): string | undefined {
  const offset = address === undefined ? undefined : file.offsetOf(address);
  const bytes = offset === undefined ? undefined : file.read(offset, 4);
  return bytes?.length === 4 ? `${bytes[3]}.${bytes[2]}` : undefined;
}

const versionIn = (path: string): string => /(\d\.\d+)/.exec(basename(path))?.[1] ?? '';
