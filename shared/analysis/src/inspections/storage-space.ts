import { formatValue } from '@gumshoe/base/units';
import { shareColumn } from '@gumshoe/model/columns';
import type { DiskColumns, Instance } from '@gumshoe/model/world';
import { CONTAINER_METRICS as C } from '@gumshoe/schema/metrics/container';
import { matchLabel, selectInstance } from '../evidence.ts';
import { growersOf } from './database-storage.ts';
import { defineInspection } from './define.ts';
import { levelVerdict } from './level.ts';
import { percentOf } from './measured.ts';

/** Of pods, what is no volume is the disk of the node, which all pods there would complain about. */
const counts = (instance: Instance, disk: DiskColumns): boolean =>
  disk.volume !== '' || !instance.containerIds.some((id) => id.startsWith('/k8s'));

export const storageSpace = defineInspection({
  id: 'storage-space',
  title: 'Disk space',
  area: 'Storage',
  threshold: { default: 80, unit: 'percent', description: 'used space of a volume' },
  needs: ['instances', 'postgres', 'mysql', 'mongodb'],
  inspect: (subject, threshold) => {
    const measured = subject.instances.flatMap((of) =>
      of.disks
        .filter((disk) => counts(of, disk))
        .map((disk) => ({
          of,
          disk,
          instance: of.id,
          name: `${of.id} ${disk.mountPoint}`,
          values: percentOf(shareColumn(disk.used, disk.size)),
        })),
    );
    const fillers = ({ id }: Instance): string => {
      const growing = growersOf(subject, id, subject);
      return growing.length > 0 ? `; what grows most: ${growing.join(', ')}` : '';
    };
    return levelVerdict(subject, measured, {
      threshold,
      unit: 'percent',
      says: ({ disk, of, state }) =>
        `${disk.mountPoint} of ${of.id} is ${formatValue(state.value, 'percent')} full${state.firing ? fillers(of) : ''}`,
      formula: 'used / size',
      query: ({ of, disk }) => {
        const mount = matchLabel('mount_point', [disk.mountPoint]);
        return `max(${selectInstance(of, C.diskUsed.name, mount)}) / max(${selectInstance(of, C.diskSize.name, mount)})`;
      },
    });
  },
});
