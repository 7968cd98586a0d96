import { basename } from 'node:path';
import { PYTHON_METRICS } from '@gumshoe/schema/metrics/python';
import { ElfFile } from '../../../symbols/elf.ts';
import { parseMappings, type Mapping } from '../../../symbols/process-maps.ts';
import { KernelObject, u32, u64s, wordsOf } from '../kernel-object.ts';
import type { RuntimeProcess } from '../process.ts';
import type { Attachment, Refusal, Runtime } from '../runtime.ts';
import { symbolExtent } from '../symbol-extent.ts';

const INTERPRETER = /^(python\d*(\.\d+)?t?|libpython\d\.\d+\S*\.so\S*)$/;
const NS = 1e9;

/** CPython: waits for the global interpreter lock, seen as futex waits inside _PyRuntime. */
export class PythonRuntime implements Runtime {
  readonly name = 'python';
  readonly cost = 'a map lookup for each futex call of the machine while a Python process lives';
  readonly #kernel = new KernelObject('runtimes_python');

  get reason(): string {
    return this.#kernel.reason;
  }

  attach(process: RuntimeProcess): Attachment | Refusal | undefined {
    const mappings = parseMappings(process.maps).filter(({ path }) => INTERPRETER.test(basename(path)));
    if (mappings.length === 0) return undefined;
    for (const mapping of mappings) {
      const range = lockRange(process, mapping);
      if (range) return this.#watch(process.pid, range);
    }
    return { reason: '_PyRuntime is not exported: older than CPython 3.7, or stripped of all its symbols' };
  }

  #watch(tgid: number, [start, end]: readonly [number, number]): Attachment | Refusal {
    const object = this.#kernel.acquire();
    if (typeof object === 'string') return { reason: object };
    object.update('python_waited', u32(tgid), u64s(0));
    object.update('python_runtimes', u32(tgid), u64s(start, end));
    return {
      read(emit) {
        const waited = object.lookup('python_waited', u32(tgid));
        if (waited) emit(PYTHON_METRICS.lockWait, (wordsOf(waited)[0] ?? 0) / NS);
      },
      close: () => {
        object.delete('python_runtimes', u32(tgid));
        object.delete('python_waited', u32(tgid));
        this.#kernel.release();
      },
    };
  }
}

/** Where _PyRuntime of the process lies. */
function lockRange({ folder }: RuntimeProcess, mapping: Mapping): readonly [number, number] | undefined {
  let file: ElfFile;
  try {
    file = new ElfFile(`${folder}/map_files/${mapping.start.toString(16)}-${mapping.end.toString(16)}`);
  } catch {
    return undefined;
  }
  try {
    const extent = symbolExtent(file, '_PyRuntime');
    const bias = file.biasOf(mapping.start, mapping.offset);
    if (!extent || bias === undefined || extent.size === 0) return undefined;
    return [extent.address + bias, extent.address + bias + extent.size];
  } finally {
    file.close();
  }
}
