import type { Evidence } from '@gumshoe/model/entities';
import { clock } from '../../inspections/slo-verdict.ts';
import { stretchOf } from '../claim.ts';
import { concerns, type ObservedEvent } from '../events.ts';
import type { Frame } from '../frame.ts';
import { clear, defineCandidate, suspect, type CandidateSubject, type Suspicion } from './define.ts';

/** An event so long before the onset may be its reason, ms. */
const LEAD = 10 * 60_000;
const LAG = 60_000;
/** Of several times as many as before. */
const GROWTH = 2;
const SIGNAL = 'kubernetes_events';

interface Meaning {
  readonly reason: RegExp;
  readonly weight: number;
  readonly says: string;
  readonly remediation: string;
}

/** Reasons of Kubernetes' own components (kubelet, scheduler, controllers), most telling first. */
const MEANINGS: readonly Meaning[] = [
  {
    reason: /^(OOMKill(ing|ed)|SystemOOM)$/,
    weight: 0.85,
    says: 'is killed for lack of memory',
    remediation: 'Raise its memory limit, or find what it keeps (a heap dump before it dies).',
  },
  {
    reason: /^(NodeNotReady|NodeNotSchedulable|Rebooted|KubeletNotReady)$/,
    weight: 0.85,
    says: 'runs on a node that went away',
    remediation:
      'Look at the kubelet, the network and the power of that node; drain it if it does not come back.',
  },
  {
    reason:
      /^(Evicted|Evict\w*|Preempted|Preempting|TaintManagerEviction|NodeHas(Insufficient\w+|DiskPressure|.*Pressure)|EvictionThresholdMet)$/,
    weight: 0.8,
    says: 'is driven off its node',
    remediation:
      'See which resource of the node ran out, give the pods requests that fit, and look for who takes it.',
  },
  {
    reason: /^(CrashLoopBackOff|BackOff)$/,
    weight: 0.75,
    says: 'starts, fails and starts again',
    remediation: 'Read the log of its last run (kubectl logs --previous) and its exit code.',
  },
  {
    reason:
      /^(FailedScheduling|FailedCreate|FailedMount|FailedAttachVolume|NotTriggerScaleUp|FailedCreatePodSandBox)$/,
    weight: 0.75,
    says: 'cannot be started',
    remediation: 'The event says what is missing: room on the nodes, a quota, a volume, a network.',
  },
  {
    reason: /^(ErrImagePull|ImagePullBackOff|InspectFailed|ErrImageNeverPull|Failed)$/,
    weight: 0.75,
    says: 'gets no image, or does not start with it',
    remediation: 'Check the name of the image, the registry and the credentials for it.',
  },
  {
    reason: /^(Unhealthy|ProbeWarning|LivenessFailed|ReadinessFailed)$/,
    weight: 0.55,
    says: 'fails its probes',
    remediation: 'Ask its probe by hand from the node: whether it is slow, or the probe impatient.',
  },
];

/** What Kubernetes noted about an application, its pods and their nodes shortly before the trouble. */
export const kubernetesEvent = defineCandidate({
  kind: 'kubernetes-event',
  title: 'Kubernetes says so',
  examine: (subject) => {
    const found = MEANINGS.flatMap((meaning) => suspicionOf(subject, meaning) ?? []);
    const [worst] = found.sort((a, b) => b.magnitude - a.magnitude || (a.title < b.title ? -1 : 1));
    if (worst) return suspect(worst);
    const known = subject.extra.events.some((event) => event.reason !== '');
    return known
      ? clear(SIGNAL, 'Kubernetes noted nothing about it that it had not noted before')
      : undefined;
  },
});

function suspicionOf(
  { application, frame, extra }: CandidateSubject,
  { reason, weight, says, remediation }: Meaning,
): Suspicion | undefined {
  const about = extra.events.filter(
    (event) => reason.test(event.reason) && concerns(event, application, frame.world),
  );
  const recent = recentOf(about, frame);
  const [first] = recent;
  if (!first || !isNews(about, recent, frame)) return undefined;
  return {
    title: `${application.name} ${says}: ${first.reason} of ${first.kind} ${first.name}`,
    signal: SIGNAL,
    magnitude: weight,
    onset: first.at,
    ...(first.kind === 'Node' ? { node: first.name } : {}),
    evidence: [eventEvidence(first, recent.length, frame)],
    remediation,
  };
}

/** Those that can have to do with the trouble, oldest first. */
export const recentOf = (events: readonly ObservedEvent[], frame: Frame): readonly ObservedEvent[] =>
  events
    .filter(({ at }) => at >= frame.onset - LEAD && at <= Math.max(frame.onset + LAG, frame.until))
    .sort((a, b) => a.at - b.at || (a.name < b.name ? -1 : 1));

/** More of them than in as long a time before. */
function isNews(all: readonly ObservedEvent[], recent: readonly ObservedEvent[], frame: Frame): boolean {
  const from = stretchOf(frame, frame.baseline).from;
  const before = all.filter(({ at }) => at > from && at < frame.onset - LEAD).length;
  const length = frame.onset - LEAD - from;
  if (before === 0 || length <= 0) return true;
  return recent.length > (GROWTH * before * (frame.until - frame.onset + LEAD)) / length;
}

/** Where to read it again: a look at log records that holds the text. */
export function eventEvidence(event: ObservedEvent, count: number, frame: Frame): Evidence {
  const { at, reason, kind, name, text } = event;
  const times = count === 1 ? '' : `, ${count} times in all`;
  return {
    kind: 'logs',
    query: JSON.stringify({ contains: text.slice(0, 80) }),
    from: frame.world.range.from,
    to: frame.world.range.to,
    summary: `${clock(at)} UTC: ${[reason, kind, name].filter((part) => part !== '').join(' ')}${times}: ${text.slice(0, 200)}`,
    value: count,
    baselineValue: 0,
    unit: 'count',
    onset: at,
  };
}
