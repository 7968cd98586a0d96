import { readFileSync } from 'node:fs';
import { arch, hostname, networkInterfaces, release } from 'node:os';
import { join } from 'node:path';
import { NODE_METRICS } from '@gumshoe/schema/metrics/node';
import type { MetricSink, MetricSource } from '../../pipeline/metric-sink.ts';
import { emitNetworkLimits } from './network-limits.ts';
import { readText } from './process-files.ts';

const MODES = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal'] as const;
/** USER_HZ; fixed at 100 on every architecture we build for. */
const TICKS_PER_SECOND = 100;
const SECTOR = 512;
/** Disks of every driver; no partitions, and none of what is memory or a file in disguise. */
const WHOLE_DEVICE =
  /^(dm-\d+|([shv]|xv|ub)d[a-z]+|md\d+|mmcblk\d+|nvme\d+(c\d+)?n\d+|rbd\d+|nbd\d+|drbd\d+|bcache\d+|pmem\d+s?|dasd[a-z]+|zd\d+|sx\d+|skd\d+)$/;
const INTERFACE = /^(en|eth|em|bond|p\d+p\d+|br|vmbr|ib|wl)/;

export interface MachineFacts {
  readonly machineId: string;
  readonly systemUuid: string;
  readonly hostname: string;
  readonly kernel: string;
  readonly architecture: string;
}

function firstLine(paths: readonly string[]): string {
  for (const path of paths) {
    try {
      const text = readFileSync(path, 'utf8').trim();
      if (text) return text;
    } catch {
      // the next one may be there
    }
  }
  return '';
}

/** Identity of the machine. `hostRoot` is where its root file system is seen from here. */
export function machineFacts(hostRoot: string): MachineFacts {
  const machineId = firstLine([join(hostRoot, 'etc/machine-id'), join(hostRoot, 'var/lib/dbus/machine-id')]);
  return {
    machineId: machineId.replace(/-/g, '') || hostname(),
    systemUuid: firstLine([
      join(hostRoot, 'sys/class/dmi/id/product_uuid'),
      join(hostRoot, 'proc/sys/kernel/random/boot_id'),
    ]),
    hostname: hostname(),
    kernel: release(),
    architecture: arch(),
  };
}

/** node_* from /proc (proc(5)). A file that cannot be read costs its own metrics only. */
export class NodeSource implements MetricSource {
  readonly name = 'node';
  private readonly procfs: string;
  private readonly facts: MachineFacts;

  private readonly sysfs: string;

  constructor(procfs: string, facts: MachineFacts, sysfs = '/sys') {
    this.procfs = procfs;
    this.facts = facts;
    this.sysfs = sysfs;
  }

  collect(sink: MetricSink): void {
    sink.node(NODE_METRICS.info, { hostname: this.facts.hostname, kernel_version: this.facts.kernel }, 1);
    this.read('uptime', (text) => sink.node(NODE_METRICS.uptime, {}, Number(text.split(' ')[0])));
    this.read('stat', (text) => emitCpu(sink, text));
    this.read('meminfo', (text) => emitMemory(sink, text));
    this.read('diskstats', (text) => emitDisks(sink, text));
    this.read('1/net/dev', (text) => emitAddresses(sink, emitInterfaces(sink, text), this.sysfs));
    emitNetworkLimits(sink, this.procfs);
  }

  private read(file: string, use: (text: string) => void): void {
    try {
      use(readFileSync(join(this.procfs, file), 'utf8'));
    } catch {
      // hidden or absent on this machine
    }
  }
}

function emitCpu(sink: MetricSink, text: string): void {
  const total = /^cpu\s+(.*)$/m.exec(text)?.[1]?.split(/\s+/).map(Number) ?? [];
  MODES.forEach((mode, i) => {
    const ticks = total[i];
    if (ticks !== undefined) sink.node(NODE_METRICS.cpuUsage, { mode }, ticks / TICKS_PER_SECOND);
  });
  sink.node(NODE_METRICS.cpuCores, {}, text.match(/^cpu\d+ /gm)?.length ?? NaN);
}

function emitMemory(sink: MetricSink, text: string): void {
  const bytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? NaN) * 1024;
  sink.node(NODE_METRICS.memoryTotal, {}, bytes('MemTotal'));
  sink.node(NODE_METRICS.memoryFree, {}, bytes('MemFree'));
  sink.node(NODE_METRICS.memoryAvailable, {}, bytes('MemAvailable'));
  sink.node(NODE_METRICS.memoryCached, {}, bytes('Cached'));
}

function emitDisks(sink: MetricSink, text: string): void {
  for (const line of text.split('\n')) {
    const [, , device = '', reads, , readSectors, readMs, writes, , writtenSectors, writeMs, , ioMs] = line
      .trim()
      .split(/\s+/);
    if (!WHOLE_DEVICE.test(device)) continue;
    const labels = { device };
    sink.node(NODE_METRICS.diskReads, labels, Number(reads));
    sink.node(NODE_METRICS.diskReadBytes, labels, Number(readSectors) * SECTOR);
    sink.node(NODE_METRICS.diskReadTime, labels, Number(readMs) / 1000);
    sink.node(NODE_METRICS.diskWrites, labels, Number(writes));
    sink.node(NODE_METRICS.diskWrittenBytes, labels, Number(writtenSectors) * SECTOR);
    sink.node(NODE_METRICS.diskWriteTime, labels, Number(writeMs) / 1000);
    sink.node(NODE_METRICS.diskIoTime, labels, Number(ioMs) / 1000);
  }
}

function emitInterfaces(sink: MetricSink, text: string): readonly string[] {
  const names: string[] = [];
  for (const line of text.split('\n').slice(2)) {
    const [name = '', rest = ''] = line.split(':');
    const device = name.trim();
    if (!INTERFACE.test(device)) continue;
    names.push(device);
    const columns = rest.trim().split(/\s+/).map(Number);
    const labels = { interface: device };
    sink.node(NODE_METRICS.netReceivedBytes, labels, columns[0] ?? NaN);
    sink.node(NODE_METRICS.netReceivedPackets, labels, columns[1] ?? NaN);
    sink.node(NODE_METRICS.netTransmittedBytes, labels, columns[8] ?? NaN);
    sink.node(NODE_METRICS.netTransmittedPackets, labels, columns[9] ?? NaN);
  }
  return names;
}

function emitAddresses(sink: MetricSink, names: readonly string[], sysfs: string): void {
  for (const name of names)
    sink.node(NODE_METRICS.netInterfaceUp, { interface: name }, isUp(sysfs, name) ? 1 : 0);
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    if (!INTERFACE.test(name)) continue;
    for (const { address } of addresses ?? [])
      sink.node(NODE_METRICS.netInterfaceIp, { interface: name, ip: address }, 1);
  }
}

const IFF_UP = 1;

/** Drivers that do not tell their carrier say `unknown`: then what an administrator set counts. */
function isUp(sysfs: string, name: string): boolean {
  const folder = join(sysfs, 'class/net', name);
  const state = readText(join(folder, 'operstate'))?.trim();
  if (state !== undefined && state !== 'unknown') return state === 'up';
  return (Number(readText(join(folder, 'flags')) ?? 0) & IFF_UP) === IFF_UP;
}
