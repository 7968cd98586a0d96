import { formatValue } from '@gumshoe/base/units';
import { maxColumns } from '@gumshoe/model/columns';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { requestMetrics } from '@gumshoe/schema/metrics/requests';
import { edgeEvidence } from '../edge-evidence.ts';
import { dependencyChange, waitColumn } from '../dependency-change.ts';
import { shiftOf } from '../frame.ts';
import { newcomersOf } from './database-edges.ts';
import { defineCandidate, suspect } from './define.ts';

/** The place is known, the reason is not. */
const INSIDE = 0.42;
const OUTSIDE = 0.65;
const CALM = 0.25;

/** The last one on the path that is slow or fails, while all it waits for is as before. */
export const serviceSlow = defineCandidate({
  kind: 'service-slow',
  title: 'The trouble begins here',
  examine: ({ application, frame }) => {
    const newcomers = newcomersOf(application, frame);
    const settled = application.downstreams.filter((dependency) => !newcomers.includes(dependency));
    const served = settled.map((dependency) => dependencyChange(dependency, frame));
    const worst = [...served].sort((a, b) => b.impairment - a.impairment)[0];
    if (!worst || worst.impairment < CALM) return undefined;
    const waiting = application.upstreams.some(
      (dependency) => dependencyChange(dependency, frame).impairment > CALM,
    );
    if (waiting) return undefined;
    const outside = application.kind === 'ExternalService';
    const points = frame.world.grid.points;
    const column = maxColumns(
      application.downstreams.map((one) => waitColumn(one, points)),
      points,
    );
    const shown = worst.reasons.map((reason) => edgeEvidence(worst, reason, frame));
    const protocol = worst.dependency.requests[0]?.protocol;
    const signal = protocol
      ? `${requestMetrics(protocol).duration.name}_sum`
      : CONTAINER_METRICS.tcpFailedConnects.name;
    const { onset } = shiftOf(column, frame);
    return suspect({
      title: outside
        ? `${application.name}, which runs elsewhere, is slow or fails`
        : `The trouble begins at ${application.name}: nothing it calls got worse`,
      signal,
      magnitude: (outside ? OUTSIDE : INSIDE) * worst.impairment,
      onset,
      column,
      evidence: shown,
      dependsOn: served.map((change) => change.dependency.client),
      remediation: outside
        ? `Ask whoever runs ${application.name}; ${formatValue(worst.during.rate, 'requests/second')} of ours go there.`
        : `Look into ${application.name} itself: its logs, its threads (off-CPU time), its locks, and its last change.`,
    });
  },
});
