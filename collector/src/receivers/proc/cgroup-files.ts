import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileExists } from '../../file-exists.ts';
import type { CgroupPaths } from '../../identity/cgroup.ts';

/** Resources of one cgroup; undefined where the kernel does not say, or where there is no limit. */
export interface CgroupResources {
  /** seconds */
  readonly cpuUsage?: number | undefined;
  readonly cpuThrottled?: number | undefined;
  readonly cpuLimit?: number | undefined;
  /** bytes */
  readonly memoryRss?: number | undefined;
  readonly memoryCache?: number | undefined;
  readonly memoryLimit?: number | undefined;
  readonly oomKills?: number | undefined;
  /** seconds waited by resource and kind (some, full) */
  readonly pressure: readonly {
    readonly resource: 'cpu' | 'memory' | 'io';
    readonly kind: string;
    readonly seconds: number;
  }[];
  readonly io: readonly {
    readonly device: string;
    readonly reads: number;
    readonly readBytes: number;
    readonly writes: number;
    readonly writtenBytes: number;
  }[];
}

/** Where hierarchies are mounted: v2, and v1 by controller. */
export interface CgroupMounts {
  readonly unified: string | undefined;
  readonly controller: (name: string) => string | undefined;
}

/** A limit this large is none: v1 writes the largest multiple of a page. */
const UNLIMITED = 2 ** 60;

export function findMounts(cgroupfs: string): CgroupMounts {
  const pure = fileExists(join(cgroupfs, 'cgroup.controllers'));
  const hybrid = join(cgroupfs, 'unified');
  const unified = pure ? cgroupfs : fileExists(hybrid) ? hybrid : undefined;
  const controllers = new Map<string, string | undefined>();
  const controller = (name: string): string | undefined => {
    if (!controllers.has(name)) {
      const names = name === 'cpu' || name === 'cpuacct' ? [name, 'cpu,cpuacct', 'cpuacct,cpu'] : [name];
      const dir = names.map((entry) => join(cgroupfs, entry)).find((path) => fileExists(path));
      controllers.set(name, pure ? undefined : dir);
    }
    return controllers.get(name);
  };
  return { unified, controller };
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function number(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text.trim());
  return Number.isFinite(value) ? value : undefined;
}

/** Value of a `name value` line. */
function field(text: string | undefined, name: string): number | undefined {
  return number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text ?? '')?.[1]);
}

const scaled = (value: number | undefined, factor: number): number | undefined =>
  value === undefined ? undefined : value * factor;
const limited = (value: number | undefined): number | undefined =>
  value === undefined || value >= UNLIMITED || value < 0 ? undefined : value;
const sum = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined ? b : a + (b ?? 0);

/** Reads what both versions know; v2 first, each missing figure from v1 (hybrid machines have both). */
export function readCgroup(paths: CgroupPaths, mounts: CgroupMounts): CgroupResources {
  const v2 =
    mounts.unified && paths.unified !== ''
      ? readV2(join(mounts.unified, paths.unified))
      : { pressure: [], io: [] };
  const v1 = readV1(paths, mounts);
  const merged: Record<string, unknown> = { ...v1 };
  for (const [name, value] of Object.entries(v2))
    if (value !== undefined && !(Array.isArray(value) && value.length === 0)) merged[name] = value;
  return {
    ...(merged as Partial<CgroupResources>),
    pressure: v2.pressure,
    io: v2.io.length > 0 ? v2.io : (v1.io ?? []),
  };
}

function readV2(dir: string): CgroupResources {
  const cpu = read(join(dir, 'cpu.stat'));
  const [quota, period] = (read(join(dir, 'cpu.max')) ?? 'max').trim().split(' ');
  const memory = read(join(dir, 'memory.stat'));
  const limit = read(join(dir, 'memory.max'))?.trim();
  return {
    cpuUsage: scaled(field(cpu, 'usage_usec'), 1e-6),
    cpuThrottled: scaled(field(cpu, 'throttled_usec'), 1e-6),
    cpuLimit: quota === 'max' || !period ? undefined : Number(quota) / Number(period),
    memoryRss: sum(field(memory, 'anon'), field(memory, 'file_mapped')),
    memoryCache: field(memory, 'file'),
    memoryLimit: limit === 'max' ? undefined : limited(number(limit)),
    oomKills: field(read(join(dir, 'memory.events')), 'oom_kill'),
    pressure: (['cpu', 'memory', 'io'] as const).flatMap((resource) => readPressure(dir, resource)),
    io: readIoStat(read(join(dir, 'io.stat')) ?? ''),
  };
}

function readPressure(dir: string, resource: 'cpu' | 'memory' | 'io') {
  const text = read(join(dir, `${resource}.pressure`)) ?? '';
  return [...text.matchAll(/^(some|full) .*total=(\d+)$/gm)].map((match) => ({
    resource,
    kind: match[1] ?? '',
    seconds: Number(match[2]) / 1e6,
  }));
}

function readIoStat(text: string): CgroupResources['io'] {
  return text
    .split('\n')
    .filter((line) => line.includes('rbytes='))
    .map((line) => {
      const value = (name: string): number => Number(new RegExp(`${name}=(\\d+)`).exec(line)?.[1] ?? 0);
      return {
        device: line.split(' ')[0] ?? '',
        reads: value('rios'),
        readBytes: value('rbytes'),
        writes: value('wios'),
        writtenBytes: value('wbytes'),
      };
    });
}

const v1Files =
  (paths: CgroupPaths, mounts: CgroupMounts): V1File =>
  (controller, name) => {
    const mount = mounts.controller(controller);
    const path = paths.controllers[controller];
    return mount && path && path !== '/' ? read(join(mount, path, name)) : undefined;
  };

function readV1(paths: CgroupPaths, mounts: CgroupMounts): Partial<CgroupResources> {
  const file = v1Files(paths, mounts);
  const quota = number(file('cpu', 'cpu.cfs_quota_us'));
  const period = number(file('cpu', 'cpu.cfs_period_us'));
  const memory = file('memory', 'memory.stat');
  return {
    cpuUsage: scaled(number(file('cpuacct', 'cpuacct.usage')), 1e-9),
    cpuThrottled: scaled(field(file('cpu', 'cpu.stat'), 'throttled_time'), 1e-9),
    cpuLimit: quota !== undefined && quota > 0 && period ? quota / period : undefined,
    memoryRss: sum(field(memory, 'total_rss'), field(memory, 'total_mapped_file')),
    memoryCache: field(memory, 'total_cache'),
    memoryLimit: limited(number(file('memory', 'memory.limit_in_bytes'))),
    oomKills: field(file('memory', 'memory.oom_control'), 'oom_kill'),
    io: readV1Io(file),
  };
}

type V1File = (controller: string, name: string) => string | undefined;

function readV1Io(file: V1File): CgroupResources['io'] {
  const read = (name: string): string =>
    file('blkio', `blkio.throttle.${name}_recursive`) ?? file('blkio', `blkio.throttle.${name}`) ?? '';
  return readBlkio(read('io_serviced'), read('io_service_bytes'));
}

/** The I/O figures alone. */
export function readIo(paths: CgroupPaths, mounts: CgroupMounts): CgroupResources['io'] {
  const v2 =
    mounts.unified && paths.unified !== '' ? read(join(mounts.unified, paths.unified, 'io.stat')) : '';
  const io = readIoStat(v2 ?? '');
  return io.length > 0 ? io : readV1Io(v1Files(paths, mounts));
}

function readBlkio(operations: string, bytes: string): CgroupResources['io'] {
  const table = (text: string): Map<string, Record<string, number>> => {
    const out = new Map<string, Record<string, number>>();
    for (const match of text.matchAll(/^(\d+:\d+) (Read|Write) (\d+)$/gm)) {
      const device = match[1] ?? '';
      out.set(device, { ...out.get(device), [match[2] ?? '']: Number(match[3]) });
    }
    return out;
  };
  const counts = table(operations);
  return [...table(bytes)].map(([device, value]) => ({
    device,
    reads: counts.get(device)?.['Read'] ?? 0,
    readBytes: value['Read'] ?? 0,
    writes: counts.get(device)?.['Write'] ?? 0,
    writtenBytes: value['Write'] ?? 0,
  }));
}
