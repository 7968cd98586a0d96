import { formatValue } from '@gumshoe/base/units';
import { countOf, sumOf } from '@gumshoe/model/columns';
import { NODE_METRICS as N } from '@gumshoe/schema/metrics/node';
import { matchLabel, promqlEvidence, selectNode } from '../evidence.ts';
import { defineInspection } from './define.ts';
import { volumesOf } from './storage-volumes.ts';

/** A disk that fails a request is about to fail more, so a single one counts. */
export const storageIoErrors = defineInspection({
  id: 'storage-io-errors',
  title: 'Disk errors',
  area: 'Storage',
  threshold: {
    default: 0,
    unit: 'count',
    description: 'failed requests of the device of a volume in the window',
  },
  needs: ['instances', 'nodes'],
  inspect: ({ instances, nodes, grid, window, range, rateWindow }, threshold) => {
    const seconds = grid.step / 1000;
    const counted = volumesOf(instances, nodes)
      .flatMap((volume) => {
        const { errors } = volume.disk;
        return errors && countOf(errors, window) > 0
          ? [{ ...volume, errors, count: Math.round(sumOf(errors, window) * seconds) }]
          : [];
      })
      .sort((a, b) => b.count - a.count || (a.of.id < b.of.id ? -1 : 1));
    const worst = counted[0];
    if (!worst) return undefined;
    const { node, disk, count, mountPoint, of } = worst;
    const device = matchLabel('device', [disk.device]);
    const message =
      count === 0
        ? 'No request to a disk failed in the window.'
        : `${formatValue(count, 'count')} ${count === 1 ? 'request' : 'requests'} to ${disk.device} on ${node.hostname}, where ${mountPoint} of ${of.id} lies, failed in the window.`;
    return {
      health: count > threshold ? 'warning' : 'ok',
      message,
      value: count,
      threshold,
      unit: 'count',
      instances: counted.map((one) => ({
        instance: one.of.id,
        value: one.count,
        health: one.count > threshold ? ('warning' as const) : ('ok' as const),
      })),
      evidence: [
        promqlEvidence(
          `sum by (operation) (rate(${selectNode(node, N.diskIoErrors.name, device)}${rateWindow}))`,
          range,
          message,
        ),
      ],
      explanation: [`failed requests in the window ${count}, more than ${threshold} is a warning`],
      columns: [{ name: disk.device, values: worst.errors }],
    };
  },
});
