import { formatValue } from '@gumshoe/base/units';
import { sumColumns } from '@gumshoe/model/columns';
import type { Instance, Node, NodeDisk } from '@gumshoe/model/world';
import { NODE_METRICS as N } from '@gumshoe/schema/metrics/node';
import { matchLabel, selectNode } from '../evidence.ts';
import { ioOf } from './database-storage.ts';
import { defineInspection } from './define.ts';
import { levelVerdict } from './level.ts';

interface Volume {
  readonly instance: Instance;
  readonly node: Node;
  readonly disk: NodeDisk;
  readonly mountPoint: string;
}

export const storageIoLoad = defineInspection({
  id: 'storage-io-load',
  title: 'Disk I/O load',
  area: 'Storage',
  threshold: {
    default: 5,
    unit: 'seconds',
    description: 'seconds per second that requests of the device of a volume take, reads and writes',
  },
  needs: ['instances', 'nodes', 'postgres', 'mysql', 'mongodb'],
  inspect: (subject, threshold) =>
    levelVerdict(
      subject,
      volumesOf(subject.instances, subject.nodes).map((volume) => ({
        ...volume,
        instance: volume.instance.id,
        name: `${volume.instance.id} ${volume.mountPoint}`,
        values: sumColumns([volume.disk.readTime, volume.disk.writeTime], subject.grid.points),
      })),
      {
        threshold,
        unit: 'seconds',
        says: ({ disk, node, mountPoint, instance, state }) =>
          `Requests of ${disk.device} on ${node.hostname} take ${formatValue(state.value, 'seconds')} per second, which is where ${mountPoint} of ${instance} lies`,
        formula: 'read time + write time, per second',
        explain: ({ instance }) => ioOf(subject, instance, subject),
        query: ({ node, disk }) => {
          const device = matchLabel('device', [disk.device]);
          const time = ({ name }: { readonly name: string }) =>
            `sum(rate(${selectNode(node, name, device)}${subject.rateWindow}))`;
          return `${time(N.diskReadTime)} + ${time(N.diskWriteTime)}`;
        },
      },
    ),
});

/** Volumes of instances with the disk of their node that they lie on. */
function volumesOf(instances: readonly Instance[], nodes: readonly Node[]): readonly Volume[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  return instances.flatMap((instance) => {
    const node = byId.get(instance.node);
    if (!node) return [];
    return instance.disks.flatMap(({ device, mountPoint }) => {
      const disk = node.disks.find((one) => one.device === device);
      return disk ? [{ instance, node, disk, mountPoint }] : [];
    });
  });
}
