import { formatValue } from '@gumshoe/base/units';
import { sumColumns } from '@gumshoe/model/columns';
import { NODE_METRICS as N } from '@gumshoe/schema/metrics/node';
import { matchLabel, selectNode } from '../evidence.ts';
import { ioOf } from './database-storage.ts';
import { defineInspection } from './define.ts';
import { levelVerdict } from './level.ts';
import { volumesOf } from './storage-volumes.ts';

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
        instance: volume.of.id,
        name: `${volume.of.id} ${volume.mountPoint}`,
        values: sumColumns([volume.disk.readTime, volume.disk.writeTime], subject.grid.points),
      })),
      {
        threshold,
        unit: 'seconds',
        says: ({ disk, node, mountPoint, instance, state }) =>
          `Requests of ${disk.device} on ${node.hostname}, where ${mountPoint} of ${instance} lies, take ${formatValue(state.value, 'seconds')} per second`,
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
