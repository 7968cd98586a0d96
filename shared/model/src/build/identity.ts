import type { ApplicationId, ApplicationKind } from '../entities.ts';

/** What a container id says about the application and the instance it belongs to. */
export interface ContainerIdentity {
  readonly namespace: string;
  readonly kind: ApplicationKind;
  readonly application: string;
  readonly instance: string;
  /** Whether equal names on two hosts are two applications. */
  readonly hostBound: boolean;
}

/** Kubernetes draws generated suffixes from this alphabet. */
const SAFE = '[bcdfghjklmnpqrstvwxz2456789]';
const REPLICA_SET_POD = new RegExp(`^(.+)-(?:${SAFE}|[0-9a-f]){6,10}-${SAFE}{5}$`);
const DAEMON_SET_POD = new RegExp(`^(.+)-${SAFE}{5}$`);
const STATEFUL_SET_POD = /^(.+)-\d+$/;
/** `<job>-<minutes since the epoch>-<5 characters>`; older controllers wrote seconds. */
const CRON_JOB_POD = /^(.+)-(\d{8}|\d{10})-[^-]{5}$/;
const STATIC_PODS =
  /^(?:kube-(?:apiserver|controller-manager|scheduler|proxy|vip)|etcd|cloud-controller-manager)-/;
const COMPOSE_REPLICA = /^(.+[-_].+)[-_]\d+$/;
const TEMPLATE_UNIT = /^(.+)@.+$/;
const RUNTIMES = new Set(['docker', 'containerd', 'crio', 'podman', 'lxc', 'nspawn', 'talos', 'sandbox']);
/** Slices of the machine itself; units in them belong to their host. */
const HOST_SLICES = new Set(['system.slice', 'runtime.slice', 'reserved.slice', 'kube.slice', 'init.scope']);

/** `cluster` is '' where samples name none. */
export function applicationId(
  namespace: string,
  kind: ApplicationKind,
  name: string,
  cluster = '',
): ApplicationId {
  const id = `${namespace || '_'}:${kind}:${name}`;
  return (cluster === '' ? id : `${cluster}:${id}`) as ApplicationId;
}

/** The parts of an id that begins with a scheme; all that follow the last expected slash belong to the last part. */
export const containerIdParts = (containerId: string): readonly string[] =>
  containerId.split('/').filter((part) => part !== '');

/** Identity from the id alone: Kubernetes, Swarm, Nomad, Docker, systemd unit or plain process. */
export function identifyContainer(containerId: string): ContainerIdentity {
  const parts = containerIdParts(containerId);
  const [scheme = '', a = '', b = '', c = ''] = parts;
  if (scheme === 'k8s' && parts.length >= 3) return identifyPod(a, b);
  if (scheme === 'k8s-cronjob' && parts.length >= 3) return named(a, 'CronJob', b, `${b}/${c}`);
  if (scheme === 'swarm' && parts.length >= 4) return named(a, 'DockerSwarmService', b, `${b}.${c}`);
  if (scheme === 'nomad' && parts.length >= 6)
    return named(a, 'NomadJobGroup', `${b}-${c}`, `${b}-${c}-${parts[4]!.slice(0, 8)}`);
  if (RUNTIMES.has(scheme) && parts.length >= 2) return identifyDocker(parts.slice(1).join('/'));
  if (scheme === 'process' && parts.length >= 3) return identifyProcess(a, parts.slice(2).join('/'));
  return identifyUnit(parts);
}

function named(
  namespace: string,
  kind: ApplicationKind,
  application: string,
  instance: string,
): ContainerIdentity {
  return { namespace: namespace || '_', kind, application, instance, hostBound: false };
}

/** What the name of a pod tells of its workload, where nobody else does. */
export function identifyPod(namespace: string, pod: string): ContainerIdentity {
  if (STATIC_PODS.test(pod) && !DAEMON_SET_POD.test(pod)) {
    const name = STATIC_PODS.exec(pod)![0].slice(0, -1);
    return named(namespace, 'StaticPods', name, pod);
  }
  const cron = CRON_JOB_POD.exec(pod);
  if (cron) return named(namespace, 'CronJob', cron[1]!, pod);
  const replica = REPLICA_SET_POD.exec(pod);
  if (replica) return named(namespace, 'Deployment', replica[1]!, pod);
  const stateful = STATEFUL_SET_POD.exec(pod);
  if (stateful) return named(namespace, 'StatefulSet', stateful[1]!, pod);
  const daemon = DAEMON_SET_POD.exec(pod);
  if (daemon) return named(namespace, 'DaemonSet', daemon[1]!, pod);
  return named(namespace, 'Pod', pod, pod);
}

function identifyDocker(name: string): ContainerIdentity {
  const replica = COMPOSE_REPLICA.exec(name);
  return named('_', 'Container', replica?.[1] ?? name, name);
}

/** `/process/<host>/<comm>`: the host is in the id already. */
function identifyProcess(host: string, name: string): ContainerIdentity {
  return { namespace: host, kind: 'Process', application: name, instance: name, hostBound: false };
}

function identifyUnit(parts: readonly string[]): ContainerIdentity {
  const last = parts.at(-1) ?? 'unknown';
  const unit = last.endsWith('.service') ? last.slice(0, -'.service'.length) : undefined;
  if (unit === undefined) {
    const name = last.replace(/\.(scope|slice)$/, '') || 'unknown';
    return { namespace: '_', kind: 'Process', application: name, instance: name, hostBound: true };
  }
  const template = TEMPLATE_UNIT.exec(unit);
  return {
    namespace: '_',
    kind: 'SystemdUnit',
    application: template?.[1] ?? unit,
    instance: unit,
    hostBound: HOST_SLICES.has(parts[0] ?? ''),
  };
}
