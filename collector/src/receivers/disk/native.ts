import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadObject } from 'ebpf-loader-native';
import type { LoadedObject, Refusal } from 'ebpf-loader-native';
import { DISK_LATENCY_BOUNDS_SECONDS } from '@gumshoe/schema/metrics/node';
import type { ProgramStatus } from '../define.ts';
import { layout } from '../ebpf/layout.generated.ts';
import { decodeStatistics } from './decode.ts';
import type { DiskKernel, DiskStatistics } from './kernel.ts';

const OBJECTS = fileURLToPath(new URL('../../../../bpf/out/', import.meta.url));
const OBJECT = 'disk';
const MAP = 'disk_stats';
const KEY = layout.gs_disk_key;

/** Watches every block device from now on. A refusal is a value. */
export function openDiskKernel(): DiskKernel {
  try {
    const object = loadObject({
      bytes: readFileSync(`${OBJECTS}/${OBJECT}.bpf.o`),
      name: OBJECT,
      globals: { disk_latency_bounds_ns: boundsInNanoseconds() },
    });
    return new NativeDiskKernel(object);
  } catch (error) {
    return refusedKernel(error instanceof Error ? error.message : String(error));
  }
}

const boundsInNanoseconds = (): Uint8Array =>
  new Uint8Array(
    BigUint64Array.from(DISK_LATENCY_BOUNDS_SECONDS, (seconds) => BigInt(Math.round(seconds * 1e9))).buffer,
  );

const refusedKernel = (reason: string): DiskKernel => ({
  programs: [{ object: OBJECT, program: '*', attached: false, reason }],
  statistics: () => [],
  forget: () => {},
  lost: () => 0,
  close: () => {},
});

function refused({ program, stage, message, code, log }: Refusal): ProgramStatus {
  const reason = `${stage}: ${message} (${code})${log ? `\n${log.trimEnd()}` : ''}`;
  return { object: OBJECT, program, attached: false, reason };
}

class NativeDiskKernel implements DiskKernel {
  readonly programs: readonly ProgramStatus[];
  readonly #object: LoadedObject;

  constructor(object: LoadedObject) {
    this.#object = object;
    const attached = object.programs().map(({ name }) => {
      const made = object.attach(name);
      return made.ok ? { object: OBJECT, program: name, attached: true, reason: '' } : refused(made.refusal);
    });
    this.programs = [...attached, ...object.refusals.map(refused)];
  }

  statistics(): readonly DiskStatistics[] {
    const { keys, values } = this.#object.entries(MAP);
    return decodeStatistics(keys, values);
  }

  forget(cgroupIds: ReadonlySet<bigint>): void {
    const { count, keys } = this.#object.entries(MAP);
    const view = new DataView(keys);
    for (let i = 0; i < count; i++)
      if (cgroupIds.has(view.getBigUint64(i * KEY.size + KEY.fields.cgroup_id.offset, true)))
        this.#object.delete(MAP, new Uint8Array(keys, i * KEY.size, KEY.size));
  }

  lost(): number {
    const value = this.#object.lookup('disk_lost', new Uint8Array(4));
    return value ? Number(new DataView(value.buffer, value.byteOffset).getBigUint64(0, true)) : 0;
  }

  close(): void {
    this.#object.close();
  }
}
