import type { Milliseconds } from '@gumshoe/base/time';
import type { Application, World } from '@gumshoe/model/world';

/** Something that somebody noted at an instant: Kubernetes' events, a change of configuration, a deployment. */
export interface ObservedEvent {
  readonly at: Milliseconds;
  /** `BackOff`, `FailedScheduling`, `update` … */
  readonly reason: string;
  /** Of what it is about: Pod, Node, Deployment, ConfigMap …; '' when it does not say. */
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly text: string;
}

/** Of what is known from spans, log records or units, and not where it runs. */
const NOWHERE: ReadonlySet<string> = new Set(['', '_']);
/** What Kubernetes appends to the name of a workload: a ReplicaSet's hash, a pod's, an ordinal. */
const SUFFIX = /^(-[a-z0-9]{6,10})?(-[a-z0-9]{5}|-\d+)?$/;
/** What people append to the name of a program for its configuration. */
const SETTINGS = /^[-_.](config|configuration|settings|env|secrets?|tls|credentials|properties|conf)\b/i;

/** Whether an event is about an application, one of its instances, or a node that it runs on. */
export function concerns(event: ObservedEvent, application: Application, world: World): boolean {
  const { kind, name, namespace } = event;
  if (kind === 'Node') return runsOn(application, name, world);
  const isElsewhere = !NOWHERE.has(application.namespace) && namespace !== application.namespace;
  if (namespace !== '' && isElsewhere) return false;
  if (application.instances.some((one) => one.id === name || isInPod(one.containerIds, name))) return true;
  return [application.name, ...application.serviceNames].some((own) => isOf(own, name));
}

const isInPod = (containerIds: readonly string[], pod: string): boolean =>
  containerIds.some((id) => id.startsWith('/k8s/') && id.split('/')[3] === pod);

function runsOn({ instances }: Application, name: string, { nodes }: World): boolean {
  const ids = new Set<string>(
    nodes.filter(({ id, hostname }) => id === name || hostname === name).map(({ id }) => id),
  );
  ids.add(name);
  return instances.some(({ node }) => ids.has(node));
}

function isOf(own: string, name: string): boolean {
  if (own === '' || !name.startsWith(own)) return false;
  const rest = name.slice(own.length);
  return rest === '' || SUFFIX.test(rest) || SETTINGS.test(rest);
}
