import { formatValue } from '@gumshoe/base/units';
import { lastOf, meanOf, quantileOf } from '@gumshoe/model/columns';
import type { Evidence } from '@gumshoe/model/entities';
import type { Application, Instance } from '@gumshoe/model/world';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { rateWindow, selectApplication } from '../../evidence.ts';
import { figuresOf, measured } from '../claim.ts';
import { shiftOf, type Frame } from '../frame.ts';
import type { EvidenceStore } from '../evidence-store.ts';
import { clear, defineCandidate, ramp, suspect } from './define.ts';

/** Runtimes that do their work on one core at a time. */
const SINGLE_THREADED: ReadonlySet<string> = new Set(['nodejs', 'python', 'redis', 'ruby', 'php']);

export const cpuHog = defineCandidate({
  kind: 'cpu-hog',
  title: 'CPU saturated',
  examine: ({ application, frame, extra }) => {
    const known = application.instances.filter((one) => one.cpuUsage.some((value) => value === value));
    if (known.length === 0) return undefined;
    const judged = known
      .map((instance) => judge(application, instance, frame))
      .sort((a, b) => b.magnitude - a.magnitude || (a.instance.id < b.instance.id ? -1 : 1));
    const worst = judged[0]!;
    const signal = CONTAINER_METRICS.cpuUsage.name;
    if (worst.magnitude < 0.05) return clear(signal, worst.innocence);
    const frames = framesEvidence(application, frame, extra);
    const query = `rate(${selectApplication(application, signal)}${rateWindow(frame.world)})`;
    return suspect({
      title: `${application.name} burns CPU${frames ? ` in ${frames.name}` : ''}`,
      signal,
      instance: worst.instance.id,
      magnitude: worst.magnitude,
      onset: worst.onset,
      column: worst.instance.cpuUsage,
      evidence: [
        measured(frame, query, worst.summary, { ...worst.figures, unit: 'cores' }),
        ...(frames ? [frames.evidence] : []),
      ],
      remediation: frames
        ? `Look at ${frames.name} in ${application.name}: what made it run so much since then? Undo that change, or give ${application.name} more replicas.`
        : `Take a CPU profile of ${application.name} to find the function that runs, and compare it with the time before; more replicas buy time.`,
    });
  },
});

function judge(application: Application, instance: Instance, frame: Frame) {
  const shift = shiftOf(instance.cpuUsage, frame);
  const peak = quantileOf(instance.cpuUsage, frame.incident, 0.8);
  const waiting = instance.cpuDelay ? meanOf(instance.cpuDelay, frame.incident) || 0 : 0;
  const throttled = instance.cpuThrottled ? meanOf(instance.cpuThrottled, frame.incident) || 0 : 0;
  const { capacity, what } = capacityOf(application, instance, frame);
  const used = (peak + Math.min(waiting, 0.5 * peak)) / capacity;
  const saturation = Math.max(ramp(used, 0.5, 0.9), ramp(throttled, 0.1, 0.4));
  const before = shift.before === shift.before ? shift.before : NaN;
  const rise = shift.during - (before || 0);
  const growth = before === before ? ramp(shift.during / Math.max(0.01, before), 1.3, 2.2) : 0.5;
  const magnitude = saturation * ramp(rise, 0.1, 0.4) * growth;
  const from = before === before ? `from ${formatValue(before, 'cores')} ` : '';
  const throttling = throttled > 0.05 ? `, throttled ${formatValue(throttled, 'ratio')} of the time` : '';
  const summary = `CPU of ${instance.id} rose ${from}to ${formatValue(shift.during, 'cores')} on average, at times ${formatValue(peak / capacity, 'ratio')} of ${what}${throttling}.`;
  const innocence = `CPU stayed at ${formatValue(shift.during, 'cores')} (${formatValue(before, 'cores')} before), mostly below ${formatValue(peak / capacity, 'ratio')} of ${what}`;
  const figures = { value: shift.during, before: shift.before, onset: shift.onset };
  return { instance, magnitude, onset: shift.onset, summary, innocence, figures };
}

function capacityOf(application: Application, instance: Instance, frame: Frame) {
  const limit = instance.cpuLimit ? lastOf(instance.cpuLimit, frame.incident) : NaN;
  const node = frame.world.nodes.find((one) => one.id === instance.node);
  const cores = node && node.cores > 0 ? node.cores : Infinity;
  if (limit > 0 && limit < cores) return { capacity: limit, what: 'its limit' };
  if (application.type !== undefined && SINGLE_THREADED.has(application.type)) {
    return { capacity: Math.min(1, cores), what: 'the one core it can use' };
  }
  return cores === Infinity
    ? { capacity: 1, what: 'one core' }
    : { capacity: cores, what: `the node's ${cores} cores` };
}

/** The function that grew most in the profile, as evidence. */
export function framesEvidence(
  application: Application,
  frame: Frame,
  extra: EvidenceStore,
): { readonly name: string; readonly evidence: Evidence } | undefined {
  const shifts = extra.frames.get(application.id);
  const top = shifts?.[0];
  if (!shifts || !top) return undefined;
  const sentences = shifts
    .slice(0, 3)
    .map(
      (one) => `${one.frame} ${formatValue(one.baseline, 'ratio')} → ${formatValue(one.current, 'ratio')}`,
    );
  const summary = `Share of CPU samples before and during: ${sentences.join('; ')}.`;
  const query = JSON.stringify({ application: application.id, type: 'ebpf:cpu:nanoseconds' });
  return {
    name: top.frame,
    evidence: {
      kind: 'profile',
      query,
      from: frame.onset,
      to: frame.until,
      summary,
      ...figuresOf(frame, { value: top.current, before: top.baseline, unit: 'ratio' }),
    },
  };
}
