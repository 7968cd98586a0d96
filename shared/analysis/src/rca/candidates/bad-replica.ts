import { formatValue } from '@gumshoe/base/units';
import { ratioColumn, sumOf } from '@gumshoe/model/columns';
import type { CellRange, Column, Instance } from '@gumshoe/model/world';
import { requestMetrics } from '@gumshoe/schema/metrics/requests';
import { rateWindow, selectApplication } from '../../evidence.ts';
import { measured } from '../claim.ts';
import { shiftOf, type Frame } from '../frame.ts';
import { clear, defineCandidate, ramp, suspect } from './define.ts';

const MOST = 0.85;
/** A replica must have served as many during the incident for its figures to count. */
const LEAST_REQUESTS = 20;
/** Seconds by which a replica must be slower than the others. */
const LEAST_SECONDS = 0.01;

interface Judged {
  readonly instance: Instance;
  readonly column: Column;
  readonly value: number;
  readonly others: number;
  readonly slow: boolean;
  readonly weight: number;
}

/** One replica is slow or fails while the others, which get the same requests, do not. */
export const badReplica = defineCandidate({
  kind: 'bad-replica',
  title: 'One replica differs from the others',
  examine: ({ application, frame }) => {
    const cells = frame.incident;
    const counted = application.instances.filter((one) => requestsIn(one, cells, frame) >= LEAST_REQUESTS);
    const protocol = application.inbound[0]?.protocol;
    if (counted.length < 2 || protocol === undefined) return undefined;
    const judged = counted
      .flatMap((one) => judge(one, counted, frame))
      .sort((a, b) => b.weight - a.weight || (a.instance.id < b.instance.id ? -1 : 1));
    const metrics = requestMetrics(protocol);
    const [worst] = judged;
    if (!worst || worst.weight === 0)
      return clear(metrics.inbound.name, `its ${counted.length} replicas are alike`);
    const { instance, column, value, others, slow, weight } = worst;
    const unit = slow ? 'seconds' : 'ratio';
    const figures = `${formatValue(value, unit)} against ${formatValue(others, unit)} of the others`;
    const own = { instances: [instance], serviceNames: application.serviceNames };
    const window = rateWindow(frame.world);
    const { name } = metrics.inboundDuration;
    const query = slow
      ? `rate(${selectApplication(own, `${name}_sum`)}${window}) / rate(${selectApplication(own, `${name}_count`)}${window})`
      : `sum by (status) (rate(${selectApplication(own, metrics.inbound.name)}${window}))`;
    const { before, onset } = shiftOf(column, frame);
    const summary = slow
      ? `Requests to ${instance.id} take ${figures}.`
      : `Of the requests to ${instance.id} fail ${figures}.`;
    return suspect({
      title: `One of ${counted.length} replicas of ${application.name} ${slow ? 'is slow' : 'fails'}: ${instance.id}`,
      signal: slow ? `${name}_sum` : metrics.inbound.name,
      instance: instance.id,
      magnitude: MOST * weight,
      onset,
      column,
      evidence: [measured(frame, query, summary, { value, before, unit, onset })],
      remediation: `Take ${instance.id} out of service, then compare it with the others: its node, its image, its configuration, its state.`,
    });
  },
});

const requestsIn = ({ served }: Instance, cells: CellRange, { world }: Frame): number =>
  served ? (sumOf(served.rate, cells) * world.grid.step) / 1000 : 0;

function judge(instance: Instance, all: readonly Instance[], frame: Frame): readonly Judged[] {
  const rest = all.filter((one) => one !== instance);
  const part = (top: 'failed' | 'durationSum') => {
    const of = (ones: readonly Instance[]): number =>
      ones.reduce((sum, one) => sum + sumOf(one.served![top], frame.incident), 0) /
      ones.reduce((sum, one) => sum + sumOf(one.served!.rate, frame.incident), 0);
    const column = ratioColumn(instance.served![top], instance.served!.rate);
    return { value: of([instance]), others: of(rest), column, before: shiftOf(column, frame).before || 0 };
  };
  const failed = part('failed');
  const slow = part('durationSum');
  const rose = (one: typeof failed, least: number): boolean => one.value - one.before > least;
  const slower = slow.value - slow.others;
  return [
    {
      instance,
      ...failed,
      slow: false,
      weight: rose(failed, 0.01)
        ? ramp(failed.value - failed.others, 0.02, 0.15) * ramp(failed.value / (failed.others + 0.01), 2, 5)
        : 0,
    },
    {
      instance,
      ...slow,
      slow: true,
      weight:
        slower > LEAST_SECONDS && rose(slow, LEAST_SECONDS)
          ? ramp(Math.log2(slow.value / Math.max(slow.others, 1e-6)), 0.8, 2.5)
          : 0,
    },
  ];
}
