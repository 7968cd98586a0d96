import { readlinkSync } from 'node:fs';
import { GO_METRICS } from '@gumshoe/schema/metrics/go';
import { ElfFile } from '../../../symbols/elf.ts';
import { ProcessMemory } from '../../../symbols/process-memory.ts';
import { parseMappings } from '../../../symbols/process-maps.ts';
import type { RuntimeProcess } from '../process.ts';
import type { Attachment, Refusal, Runtime } from '../runtime.ts';
import { symbolExtent, type Extent } from '../symbol-extent.ts';
import { goAllocations, heapStatisticsSize } from './heap-statistics.ts';

const MAX_CLASSES = 128;
const CLASS_SIZES = ['runtime.class_to_size', 'internal/runtime/gc.SizeClassToSize'];

interface Places {
  readonly memstats: Extent;
  readonly sizes: Extent;
  readonly bias: number;
}

/** Go: the allocator's own counts, read from the memory of the process; nothing is written to it. */
export const GO: Runtime = {
  name: 'go',
  cost: 'one read of 4 KiB of its memory per process and interval',
  attach(process) {
    const found = inspect(process);
    if (!found || 'reason' in found) return found;
    return attach(process, found);
  },
};

function inspect({ folder, maps }: RuntimeProcess): Places | Refusal | undefined {
  const path = readlinkSync(`${folder}/exe`);
  const file = open(`${folder}/exe`);
  if (!file) return undefined;
  try {
    if (!file.section('.go.buildinfo')) return undefined;
    const memstats = symbolExtent(file, 'runtime.memstats');
    const sizes = CLASS_SIZES.map((name) => symbolExtent(file, name)).find(Boolean);
    if (!memstats || !sizes)
      return { reason: 'built without symbols (-ldflags=-s): runtime.memstats is not named' };
    const mapping = parseMappings(maps).find((one) => one.path === path.replace(/ \(deleted\)$/, ''));
    const bias = mapping && file.biasOf(mapping.start, mapping.offset);
    return bias === undefined ? { reason: 'its executable is not mapped yet' } : { memstats, sizes, bias };
  } finally {
    file.close();
  }
}

function open(path: string): ElfFile | undefined {
  try {
    return new ElfFile(path);
  } catch {
    return undefined;
  }
}

function attach({ folder }: RuntimeProcess, { memstats, sizes, bias }: Places): Attachment | Refusal {
  const memory = new ProcessMemory(folder);
  const table = memory.read(sizes.address + bias, Math.min(sizes.size, MAX_CLASSES * 2));
  const classes = table ? Array.from({ length: table.length >> 1 }, (_, i) => table.readUInt16LE(i * 2)) : [];
  const read = () => {
    const bytes = memory.read(memstats.address + bias, heapStatisticsSize(classes.length));
    return bytes && goAllocations(bytes, classes);
  };
  if (classes.length === 0 || memstats.size < heapStatisticsSize(classes.length) || !read()) {
    memory.close();
    return { reason: 'runtime.memstats is laid out differently: Go older than 1.19, or newer than is known' };
  }
  return {
    read(emit) {
      // Counted while we read it: the next interval will do.
      const allocations = read();
      if (!allocations) return;
      emit(GO_METRICS.allocatedBytes, allocations.bytes);
      emit(GO_METRICS.allocatedObjects, allocations.objects);
    },
    close: () => memory.close(),
  };
}
