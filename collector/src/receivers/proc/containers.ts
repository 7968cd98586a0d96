import { readFileSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { applicationType } from '../../identity/application-type.ts';
import type { Container, ProcessTable } from '../../identity/processes.ts';
import type { MetricSink, MetricSource } from '../../pipeline/metric-sink.ts';
import { findMounts, readCgroup, type CgroupMounts, type CgroupResources } from './cgroup-files.ts';

const C = CONTAINER_METRICS;
const PRESSURE = { cpu: C.cpuPressure, memory: C.memoryPressure, io: C.ioPressure } as const;

/** What is remembered of a container between intervals. */
interface Memory {
  /** clock ticks after boot of its oldest process */
  start: number;
  restarts: number;
  type: string;
  /** seconds, and ns by process */
  cpuDelay: number;
  readonly delayOf: Map<number, number>;
  oomInCgroup: number;
}

/** container_* of resources: cgroup files, restarts, delay, recognised software, space. */
export class ContainerSource implements MetricSource {
  readonly name = 'containers';
  private readonly procfs: string;
  private readonly processes: ProcessTable;
  private readonly mounts: CgroupMounts;
  private readonly memory = new Map<string, Memory>();

  constructor(procfs: string, cgroupfs: string, processes: ProcessTable) {
    this.procfs = procfs;
    this.processes = processes;
    this.mounts = findMounts(cgroupfs);
  }

  collect(sink: MetricSink): void {
    const seen = new Set<string>();
    for (const container of this.processes.all()) {
      if (container.pids.size === 0) continue;
      seen.add(container.containerId);
      this.collectOne(sink, container);
    }
    const kept = new Set([...this.processes.all()].map((container) => container.containerId));
    for (const id of this.memory.keys()) if (!kept.has(id)) this.memory.delete(id);
  }

  private collectOne(sink: MetricSink, container: Container): void {
    const memory = this.memoryOf(container);
    this.observeProcesses(container, memory);
    const resources = readCgroup(container.cgroups, this.mounts);
    sink.sample(C.info, container, { image: '', systemd_triggered_by: '', systemd_type: '' }, 1);
    sink.sample(C.restarts, container, {}, memory.restarts);
    if (memory.type) sink.sample(C.applicationType, container, { application_type: memory.type }, 1);
    sink.sample(C.cpuDelay, container, {}, memory.cpuDelay);
    emitResources(sink, container, resources);
    memory.oomInCgroup = Math.max(memory.oomInCgroup, resources.oomKills ?? 0);
    // the cgroup's own counter, and what the kernel told us of processes whose cgroup has none
    sink.sample(C.oomKills, container, {}, Math.max(memory.oomInCgroup, container.oomKills));
    this.emitSpace(sink, container);
  }

  private memoryOf(container: Container): Memory {
    const known = this.memory.get(container.containerId);
    if (known) return known;
    const made: Memory = { start: 0, restarts: 0, type: '', cpuDelay: 0, delayOf: new Map(), oomInCgroup: 0 };
    this.memory.set(container.containerId, made);
    return made;
  }

  /** A container restarted when even its oldest process is younger than the oldest one seen before. */
  private observeProcesses(container: Container, memory: Memory): void {
    let oldest = Infinity;
    for (const pid of container.pids) {
      const start = startTicks(this.procfs, pid);
      if (start !== undefined && start < oldest) oldest = start;
      const delay = runDelay(this.procfs, pid);
      if (delay !== undefined) {
        const before = memory.delayOf.get(pid) ?? delay;
        memory.cpuDelay += Math.max(0, delay - before) / 1e9;
        memory.delayOf.set(pid, delay);
      }
      if (memory.type === '')
        memory.type = applicationType(read(join(this.procfs, String(pid), 'cmdline')) ?? '') ?? '';
    }
    for (const pid of memory.delayOf.keys()) if (!container.pids.has(pid)) memory.delayOf.delete(pid);
    if (oldest === Infinity) return;
    if (memory.start > 0 && oldest > memory.start) memory.restarts++;
    memory.start = oldest;
  }

  /** The file system that the container's root is on. */
  private emitSpace(sink: MetricSink, container: Container): void {
    const pid = container.pids.values().next().value;
    if (pid === undefined) return;
    try {
      const facts = statfsSync(join(this.procfs, String(pid), 'root'));
      const mountinfo = read(join(this.procfs, String(pid), 'mountinfo')) ?? '';
      const device = /^\d+ \d+ (\S+) \S+ \/ /m.exec(mountinfo)?.[1] ?? '';
      const labels = { mount_point: '/', device, volume: '' };
      sink.sample(C.diskSize, container, labels, facts.blocks * facts.bsize);
      sink.sample(C.diskUsed, container, labels, (facts.blocks - facts.bfree) * facts.bsize);
    } catch {
      // exited meanwhile
    }
  }
}

function emitResources(sink: MetricSink, container: Container, resources: CgroupResources): void {
  const figures = [
    [C.cpuUsage, resources.cpuUsage],
    [C.cpuThrottled, resources.cpuThrottled],
    [C.cpuLimit, resources.cpuLimit],
    [C.memoryRss, resources.memoryRss],
    [C.memoryCache, resources.memoryCache],
    [C.memoryLimit, resources.memoryLimit],
  ] as const;
  for (const [metric, value] of figures) if (value !== undefined) sink.sample(metric, container, {}, value);
  for (const { resource, kind, seconds } of resources.pressure)
    sink.sample(PRESSURE[resource], container, { kind }, seconds);
  for (const { device, reads, readBytes, writes, writtenBytes } of resources.io) {
    const labels = { mount_point: '', device, volume: '' };
    sink.sample(C.diskReads, container, labels, reads);
    sink.sample(C.diskReadBytes, container, labels, readBytes);
    sink.sample(C.diskWrites, container, labels, writes);
    sink.sample(C.diskWrittenBytes, container, labels, writtenBytes);
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Field 22 of /proc/<pid>/stat. */
function startTicks(procfs: string, pid: number): number | undefined {
  const stat = read(join(procfs, String(pid), 'stat'));
  return stat === undefined ? undefined : Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
}

/** ns that the process was runnable and waited: second figure of schedstat (Documentation/scheduler/sched-stats). */
function runDelay(procfs: string, pid: number): number | undefined {
  const text = read(join(procfs, String(pid), 'schedstat'));
  return text === undefined ? undefined : Number(text.split(' ')[1]);
}
