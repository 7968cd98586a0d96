import { formatValue } from '@gumshoe/base/units';
import { NODE_METRICS } from '@gumshoe/schema/metrics/node';
import { matchLabel, rateWindow } from '../../evidence.ts';
import { measured } from '../claim.ts';
import { shiftOf } from '../frame.ts';
import { clear, defineCandidate, ramp, suspect } from './define.ts';

const MOST = 0.55;
const SIGNAL = NODE_METRICS.diskIoTime.name;
/** Software whose requests wait for the disk. */
const DISK_BOUND: ReadonlySet<string> = new Set([
  'postgres',
  'mysql',
  'mongodb',
  'kafka',
  'clickhouse',
  'elasticsearch',
]);

export const nodeDisk = defineCandidate({
  kind: 'node-disk',
  title: 'Disk saturated',
  examine: ({ application, frame }) => {
    if (application.type === undefined || !DISK_BOUND.has(application.type)) return undefined;
    const { world } = frame;
    const nodes = world.nodes.filter((node) => application.instances.some((one) => one.node === node.id));
    const judged = nodes
      .flatMap((node) => node.disks.map((disk) => ({ node, disk, shift: shiftOf(disk.ioTime, frame) })))
      .filter(({ shift }) => shift.during === shift.during)
      .sort((a, b) => b.shift.during - a.shift.during);
    const worst = judged[0];
    if (!worst) return undefined;
    const { node, disk, shift } = worst;
    const magnitude =
      MOST * ramp(shift.during, 0.8, 0.98) * ramp(shift.during - (shift.before || 0), 0.15, 0.4);
    const busy = `${disk.device} of ${node.hostname} was busy ${formatValue(shift.during, 'ratio')} of the time`;
    if (magnitude === 0) return clear(SIGNAL, busy);
    const matchers = `${matchLabel('machine_id', [node.id])},${matchLabel('device', [disk.device])}`;
    return suspect({
      title: `The disk of ${application.name} is saturated`,
      signal: SIGNAL,
      magnitude,
      onset: shift.onset,
      column: disk.ioTime,
      node: node.id,
      evidence: [
        measured(
          frame,
          `rate(${SIGNAL}{${matchers}}${rateWindow(world)})`,
          `${busy}, ${formatValue(shift.before, 'ratio')} before.`,
          { value: shift.during, before: shift.before, unit: 'ratio', onset: shift.onset },
        ),
      ],
      remediation: `Find who writes or reads on ${disk.device} (iotop, pg_stat_io) and move or slow it down.`,
    });
  },
});
