import { formatValue } from '@gumshoe/base/units';
import { lastOf, shareColumn } from '@gumshoe/model/columns';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { matchLabel, selectApplication } from '../../evidence.ts';
import { measured } from '../claim.ts';
import { clear, defineCandidate, ramp, suspect } from './define.ts';

const SIGNAL = CONTAINER_METRICS.diskUsed.name;

export const diskFull = defineCandidate({
  kind: 'disk-full',
  title: 'Disk full',
  examine: ({ application, frame }) => {
    const disks = application.instances
      .flatMap((instance) =>
        instance.disks.map((disk) => ({
          instance,
          disk,
          share: lastOf(shareColumn(disk.used, disk.size), frame.incident),
        })),
      )
      .filter(({ share }) => share === share)
      .sort((a, b) => b.share - a.share);
    const worst = disks[0];
    if (!worst) return undefined;
    const full = `${worst.disk.mountPoint} is ${formatValue(worst.share, 'ratio')} full`;
    const magnitude = 0.85 * ramp(worst.share, 0.96, 0.995);
    if (magnitude === 0) return clear(SIGNAL, full);
    const mount = matchLabel('mount_point', [worst.disk.mountPoint]);
    return suspect({
      title: `The disk of ${application.name} is full`,
      signal: SIGNAL,
      instance: worst.instance.id,
      magnitude,
      column: worst.disk.used,
      evidence: [
        measured(frame, selectApplication(application, SIGNAL, mount), `${full}.`, {
          value: worst.share,
          before: lastOf(shareColumn(worst.disk.used, worst.disk.size), frame.baseline),
          unit: 'ratio',
        }),
      ],
      remediation: `Free space on ${worst.disk.mountPoint} or enlarge the volume, then look for what filled it.`,
    });
  },
});
