import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { RESOURCE_ATTRIBUTES } from '@gumshoe/schema/attributes';
import type { SpanOwner } from '../processors/spans.ts';
import type { ContainerSeries } from '../processors/sample-sink.ts';
import type { ProcessEvent } from '../receivers/ebpf/process-event.ts';
import { identifyCgroup, parseCgroupFile, type CgroupPaths } from './cgroup.ts';
import { CgroupIndex } from './cgroup-index.ts';
import { containerIdOf, serviceNameOf, type KubernetesNames } from './container-id.ts';
import type { ProcessFilter } from './process-filter.ts';

/** A container and what is known of its processes. */
export interface Container extends ContainerSeries {
  readonly containerId: string;
  readonly serviceName: string;
  /** Label app_id: the service name where it differs from the container's own id, else ''. */
  readonly appId: string;
  /** Of a live process, as soon as there is one to ask. */
  cgroups: CgroupPaths;
  readonly spanOwner: SpanOwner;
  /** Live processes. */
  readonly pids: Set<number>;
  oomKills: number;
  /** ms since the epoch when the last process was seen */
  lastSeen: number;
}

export interface ProcessTableOptions {
  readonly procfs: string;
  /** Mount of the cgroup hierarchies. */
  readonly cgroupfs: string;
  readonly filter: ProcessFilter;
  readonly hostName: string;
  readonly hostId: string;
  /** Names of Kubernetes containers by runtime id, where something knows them. */
  readonly kubernetesNames?: (runtimeId: string) => KubernetesNames | undefined;
  /** ms that an exited process can still be asked for */
  readonly keepExitedFor: number;
}

interface Known {
  container: Container | undefined;
  /** ms; 0 while alive */
  exitedAt: number;
}

/**
 * Which container each process belongs to. Resolved once per process through /proc and kept for a while after
 * its exit, since counters of the kernel outlive it. Processes outside the filter belong to none.
 */
export class ProcessTable {
  private readonly options: ProcessTableOptions;
  private readonly known = new Map<number, Known>();
  private readonly containers = new Map<string, Container>();
  private readonly cgroupIndex: CgroupIndex;
  private now = 0;

  constructor(options: ProcessTableOptions) {
    this.options = options;
    this.cgroupIndex = new CgroupIndex(options.cgroupfs);
  }

  /** Every container with a live process, or one that had one lately. */
  all(): IterableIterator<Container> {
    return this.containers.values();
  }

  /** Looks at /proc: finds processes that no event announced, and those that are gone. Once per interval. */
  scan(now: number): void {
    this.now = now;
    const alive = new Set(this.options.filter.processes());
    for (const pid of alive) {
      const known = this.known.get(pid);
      if (known === undefined || known.exitedAt > 0) this.resolve(pid);
      else if (known.container) known.container.lastSeen = now;
    }
    for (const [pid, known] of this.known) {
      if (known.exitedAt === 0 && !alive.has(pid)) this.exited(pid, known);
      if (known.exitedAt > 0 && now - known.exitedAt > this.options.keepExitedFor) this.known.delete(pid);
    }
    for (const [id, container] of this.containers)
      if (container.pids.size === 0 && now - container.lastSeen > this.options.keepExitedFor)
        this.containers.delete(id);
  }

  private exited(pid: number, known: Known): void {
    known.exitedAt = this.now || 1;
    known.container?.pids.delete(pid);
  }

  /** `cgroupId`: from the kernel's record about the process, which may be gone when the record arrives. */
  containerOf(tgid: number, cgroupId = 0n): Container | undefined {
    const known = this.known.get(tgid) ?? this.resolve(tgid);
    if (!known.container && cgroupId !== 0n && !this.isAlive(tgid))
      known.container = this.containerOfCgroup(cgroupId);
    return known.container;
  }

  spanOwnerOf(tgid: number, cgroupId = 0n): SpanOwner | undefined {
    return this.containerOf(tgid, cgroupId)?.spanOwner;
  }

  processOf(container: ContainerSeries, tgid: number): number | undefined {
    const pids = this.containers.get(container.containerId)?.pids;
    if (!pids) return undefined;
    return pids.has(tgid) ? tgid : pids.values().next().value;
  }

  isAlive(tgid: number): boolean {
    const known = this.known.get(tgid);
    if (known && known.exitedAt > 0) return false;
    try {
      statSync(join(this.options.procfs, String(tgid)));
      return true;
    } catch {
      return false;
    }
  }

  onProcess(event: ProcessEvent): void {
    const known = this.known.get(event.tgid);
    if (event.change === 'oom-kill') {
      const container = this.containerOf(event.tgid, event.cgroupId);
      if (container) container.oomKills++;
    } else if (event.change === 'exit') {
      if (known) this.exited(event.tgid, known);
    } else if (event.change === 'start') {
      // a supervisor moves its child into a cgroup right after the fork: decide at exec, or when first asked
      this.known.delete(event.tgid);
    } else {
      if (known?.container) known.container.pids.delete(event.tgid);
      this.resolve(event.tgid);
      this.containerOf(event.tgid, event.cgroupId);
    }
  }

  /** Of a process that the kernel saw inside the target and that /proc no longer knows. */
  private containerOfCgroup(cgroupId: bigint): Container | undefined {
    const unified = this.cgroupIndex.pathOf(cgroupId, Date.now());
    if (unified === undefined) return undefined;
    const cgroups = { unified, controllers: {} };
    const identity = identifyCgroup(cgroups);
    if (!identity || identity.kind === 'process') return undefined;
    const names = identity.podUid === '' ? undefined : this.options.kubernetesNames?.(identity.id);
    const container = this.container(containerIdOf(identity, '', names), cgroups);
    container.lastSeen = this.now;
    return container;
  }

  private resolve(pid: number): Known {
    const container = this.options.filter.accepts(pid) ? this.readContainer(pid) : undefined;
    const known: Known = { container, exitedAt: 0 };
    this.known.set(pid, known);
    if (container) {
      container.pids.add(pid);
      container.lastSeen = this.now;
    }
    return known;
  }

  private readContainer(pid: number): Container | undefined {
    const dir = join(this.options.procfs, String(pid));
    try {
      const cgroups = parseCgroupFile(readFileSync(join(dir, 'cgroup'), 'utf8'));
      const identity = identifyCgroup(cgroups);
      if (!identity) return undefined;
      const comm = identity.kind === 'process' ? readFileSync(join(dir, 'comm'), 'utf8').trim() : '';
      const names = identity.podUid === '' ? undefined : this.options.kubernetesNames?.(identity.id);
      const container = this.container(containerIdOf(identity, comm, names), cgroups);
      container.cgroups = cgroups;
      return container;
    } catch {
      return undefined; // exited meanwhile
    }
  }

  private container(containerId: string, cgroups: CgroupPaths): Container {
    const known = this.containers.get(containerId);
    if (known) return known;
    const serviceName = serviceNameOf(containerId);
    const resource = {
      [RESOURCE_ATTRIBUTES.serviceName]: serviceName,
      [RESOURCE_ATTRIBUTES.containerId]: containerId,
      [RESOURCE_ATTRIBUTES.hostName]: this.options.hostName,
      [RESOURCE_ATTRIBUTES.hostId]: this.options.hostId,
    };
    const made: Container = {
      containerId,
      serviceName,
      appId: serviceName === containerId ? '' : serviceName,
      cgroups,
      spanOwner: { serviceName, resource },
      pids: new Set(),
      oomKills: 0,
      lastSeen: this.now,
    };
    this.containers.set(containerId, made);
    return made;
  }
}

/** Numeric entries of /proc. */
export function allProcesses(procfs: string): number[] {
  return readdirSync(procfs)
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}
