import { PERIODIC_KINDS, type Health } from '@gumshoe/model/entities';
import type { Instance } from '@gumshoe/model/world';
import { promqlEvidence } from '../evidence.ts';
import type { Verdict } from '../finding.ts';
import { worstHealth } from '../finding.ts';
import { defineInspection, type Subject } from './define.ts';
import { replicasVerdict } from './instance-replicas.ts';
import { presenceQuery } from './presence-query.ts';
import { clock } from './slo-verdict.ts';

export const instanceAvailability = defineInspection({
  id: 'instance-availability',
  title: 'Instance availability',
  area: 'Instances',
  threshold: {
    default: 75,
    unit: 'percent',
    description: 'instances that are up, of those that should be; a DaemonSet must have all',
  },
  needs: ['instances', 'replicas'],
  inspect: (subject, configured) => {
    const { application, instances, replicas } = subject;
    if (PERIODIC_KINDS.has(application.kind) || application.kind === 'ExternalService') return undefined;
    const threshold = application.kind === 'DaemonSet' ? 100 : configured;
    const known = instances.filter(({ state }) => state === 'up' || state === 'down');
    const wanted = replicas && replicasVerdict(subject, replicas, threshold);
    if (known.length === 0) return wanted && { ...wanted, message: `${wanted.message}.`, instances: [] };
    const seen = seenVerdict(subject, known, threshold);
    if (!wanted) return seen;
    // Kubernetes knows better how many there should be, but a pod may be ready that nobody can reach
    const allDown: Health = seen.health === 'critical' ? 'critical' : 'unknown';
    return {
      ...wanted,
      health: worstHealth([wanted.health, allDown]),
      message: `${wanted.message}${reasonsOf(instances)}; ${seen.message}`,
      instances: seen.instances,
      evidence: [...wanted.evidence, ...seen.evidence],
      explanation: [...wanted.explanation, ...seen.explanation],
      ...(seen.marks ? { marks: seen.marks } : {}),
    };
  },
});

/** By what is seen of the instances: samples and listening sockets. */
function seenVerdict(subject: Subject, known: readonly Instance[], threshold: number): Verdict {
  const { grid, range } = subject;
  const down = known.filter(({ state }) => state === 'down');
  const up = known.length - down.length;
  const percent = (up / known.length) * 100;
  const gone = down.map((one) => `${one.id} since ${clock(one.downtimes.at(-1)?.from ?? one.lastSeen)}`);
  const more = gone.length > 5 ? ` and ${gone.length - 5} more` : '';
  const message = `${up} of ${known.length} instances are up${gone.length > 0 ? `; down: ${gone.slice(0, 5).join(', ')}${more}` : ''}.`;
  return {
    health: up === 0 ? 'critical' : percent < threshold ? 'warning' : 'ok',
    message,
    value: percent,
    threshold,
    unit: 'percent',
    instances: known
      .map((one) => ({
        instance: one.id,
        value: one.state === 'up' ? 1 : 0,
        health: one.state === 'up' ? ('ok' as const) : ('critical' as const),
      }))
      .sort((a, b) => a.value - b.value),
    // what is down may have been seen in the history before the window only
    evidence: [promqlEvidence(presenceQuery(subject, known), { from: grid.from, to: range.to }, message)],
    explanation: [
      `up ${up} / known ${known.length} = ${percent.toFixed(0)} %, at least ${threshold} % must be up`,
      'an instance is down when its samples or its listening sockets end while its node goes on reporting',
    ],
    columns: [],
    marks: known.flatMap((one) =>
      one.downtimes.flatMap(({ from, to }) => [
        { at: from, label: `${one.id} down` },
        ...(to === undefined ? [] : [{ at: to, label: `${one.id} up` }]),
      ]),
    ),
  };
}

/** Why containers do not start: CrashLoopBackOff, ImagePullBackOff … */
function reasonsOf(instances: readonly Instance[]): string {
  const reasons = [...new Set(instances.flatMap(({ pod }) => pod?.waitingReason ?? []))].sort();
  return reasons.length > 0 ? ` (${reasons.join(', ')})` : '';
}
