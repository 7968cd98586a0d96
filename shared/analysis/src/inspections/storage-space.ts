import { formatValue } from '@gumshoe/base/units';
import { lastOf, ratioColumn } from '@gumshoe/model/columns';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { matchLabel, promqlEvidence } from '../evidence.ts';
import { defineInspection } from './define.ts';

export const storageSpace = defineInspection({
  id: 'storage-space',
  title: 'Disk space',
  area: 'Storage',
  threshold: { default: 80, unit: 'percent', description: 'used space of a volume' },
  needs: ['instances'],
  inspect: ({ instances, window, range, select, recent }, threshold) => {
    const disks = instances
      .flatMap((instance) =>
        instance.disks.map((disk) => {
          const share = ratioColumn(disk.used, disk.size).map((value) => value * 100);
          return { instance: instance.id, disk, share, value: lastOf(share, window, recent) };
        }),
      )
      .filter(({ value }) => value === value)
      .sort((a, b) => b.value - a.value);
    const worst = disks[0];
    if (!worst) return undefined;
    const mount = matchLabel('mount_point', [worst.disk.mountPoint]);
    const query = `${select(CONTAINER_METRICS.diskUsed.name, mount)} / ${select(CONTAINER_METRICS.diskSize.name, mount)}`;
    const message = `${worst.disk.mountPoint} of ${worst.instance} is ${formatValue(worst.value, 'percent')} full (threshold ${threshold} %).`;
    return {
      health: worst.value > threshold ? 'warning' : 'ok',
      message,
      value: worst.value,
      threshold,
      unit: 'percent',
      instances: disks.map(({ instance, value }) => ({
        instance,
        value,
        health: value > threshold ? ('warning' as const) : ('ok' as const),
      })),
      evidence: [promqlEvidence(query, range, message)],
      explanation: [`used / size = ${worst.value.toFixed(1)} % at the end of the window`],
      columns: disks.map(({ instance, disk, share }) => ({
        name: `${instance} ${disk.mountPoint}`,
        values: share,
      })),
    };
  },
});
