import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { RuntimeProcess } from '../process.ts';
import type { Attachment, Refusal, Runtime } from '../runtime.ts';
import { parsePerfData, type PerfData } from './perf-data.ts';
import { emitPerfData } from './values.ts';

const MAX_FILE = 1 << 20;
const MAPPED = /^([0-9a-f]+-[0-9a-f]+) .*?(\/\S*\/hsperfdata_[^/\n]*\/\d+)( \(deleted\))?$/m;

/** HotSpot: OpenJDK and what is built from it. */
export const JVM: Runtime = {
  name: 'jvm',
  cost: 'one read of a 32 KiB file per process and interval',
  attach(process) {
    const isJava = process.program === 'java' || process.maps.includes('/libjvm.so');
    if (!isJava) return undefined;
    const mapped = MAPPED.exec(process.maps);
    return mapped ? attach(process, mapped[1]!, mapped[2]!) : absent(process);
  },
};

function absent(process: RuntimeProcess): Refusal {
  if (process.maps.includes('/libj9vm')) return { reason: 'OpenJ9 keeps no hsperfdata' };
  return {
    reason: 'no hsperfdata: started with -XX:-UsePerfData or -XX:+PerfDisableSharedMem, or not up yet',
  };
}

function attach({ folder }: RuntimeProcess, range: string, path: string): Attachment | Refusal {
  // The mapping itself where the kernel allows it: nothing the process does to its files can mislead us then.
  const { fd, reason } = openFirst([`${folder}/map_files/${range}`, `${folder}/root${path}`]);
  if (fd === undefined) return { reason };
  const first = read(fd);
  if (typeof first === 'string') {
    closeSync(fd);
    return { reason: first };
  }
  return {
    read(emit) {
      const data = read(fd);
      if (typeof data === 'string') throw new Error(data);
      emitPerfData(data, emit);
    },
    close: () => closeSync(fd),
  };
}

function openFirst(paths: readonly string[]): { readonly fd?: number; readonly reason: string } {
  let reason = '';
  for (const path of paths) {
    try {
      const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      const stat = fstatSync(fd);
      if (stat.isFile() && stat.size <= MAX_FILE) return { fd, reason: '' };
      closeSync(fd);
      reason = `${path} is no file of at most ${MAX_FILE} bytes`;
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
    }
  }
  return { reason };
}

function read(fd: number): PerfData | string {
  const size = Math.min(fstatSync(fd).size, MAX_FILE);
  const bytes = Buffer.alloc(size);
  return parsePerfData(bytes.subarray(0, readSync(fd, bytes, 0, size, 0)));
}
