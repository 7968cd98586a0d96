import type { Labels } from '@gumshoe/base/series';
import { NODE_METRICS as N } from '@gumshoe/schema/metrics/node';
import { machineOf, type Rule } from './foreign-labels.ts';

const node = (labels: Labels): Labels | undefined => {
  const machine = machineOf(labels);
  return machine === '' ? undefined : { machine_id: machine };
};
const withMode = (labels: Labels): Labels | undefined => {
  const base = node(labels);
  return base && { ...base, mode: labels['state'] ?? labels['mode'] ?? '', cpu: labels['cpu'] ?? '' };
};
const withDevice = (labels: Labels): Labels | undefined => {
  const base = node(labels);
  return base && { ...base, device: labels['device'] ?? '' };
};

/** Machines as the node exporter and the Collector's host metrics measure them. */
export const NODE_RULES: Readonly<Record<string, Rule>> = {
  node_cpu_seconds_total: { to: N.cpuUsage.name, labels: withMode },
  node_memory_MemTotal_bytes: { to: N.memoryTotal.name, labels: node },
  node_memory_MemAvailable_bytes: { to: N.memoryAvailable.name, labels: node },
  node_disk_io_time_seconds_total: { to: N.diskIoTime.name, labels: withDevice },
  node_disk_read_time_seconds_total: { to: N.diskReadTime.name, labels: withDevice },
  node_disk_write_time_seconds_total: { to: N.diskWriteTime.name, labels: withDevice },
  node_nf_conntrack_entries: { to: N.conntrackEntries.name, labels: node },
  node_nf_conntrack_entries_limit: { to: N.conntrackLimit.name, labels: node },
  node_uname_info: {
    to: N.info.name,
    labels: (labels) => {
      const base = node(labels);
      return (
        base && {
          ...base,
          hostname: labels['nodename'] ?? base['machine_id'] ?? '',
          kernel_version: labels['release'] ?? '',
        }
      );
    },
  },
  system_cpu_time: { to: N.cpuUsage.name, labels: withMode },
  system_cpu_time_seconds_total: { to: N.cpuUsage.name, labels: withMode },
  system_disk_io_time: { to: N.diskIoTime.name, labels: withDevice },
  system_disk_io_time_seconds_total: { to: N.diskIoTime.name, labels: withDevice },
};
