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
const COMPOSE_REPLICA = /^(.+[-_].+)[-_]\d+$/;
const TEMPLATE_UNIT = /^(.+)@.+$/;
const RUNTIMES = new Set(['docker', 'containerd', 'crio', 'podman', 'lxc', 'talos']);
/** Slices of the machine itself; units in them belong to their host. */
const HOST_SLICES = new Set(['system.slice', 'runtime.slice', 'reserved.slice', 'kube.slice', 'init.scope']);

export function applicationId(namespace: string, kind: ApplicationKind, name: string): ApplicationId {
  return `${namespace || '_'}:${kind}:${name}` as ApplicationId;
}

/** Identity from the id alone: Kubernetes, Swarm, Nomad, Docker, systemd unit or plain process. */
export function identifyContainer(containerId: string): ContainerIdentity {
  const parts = containerId.split('/').filter((part) => part !== '');
  const [scheme = '', a = '', b = '', c = ''] = parts;
  if (scheme === 'k8s' && parts.length >= 4) return identifyPod(a, b);
  if (scheme === 'k8s-cronjob' && parts.length >= 3) return named(a, 'CronJob', b, `${b}/${c}`);
  if (scheme === 'swarm' && parts.length >= 4) return named(a, 'Container', b, `${b}.${c}`);
  if (scheme === 'nomad' && parts.length >= 6)
    return named(a, 'Container', `${b}-${c}`, parts[4]!.slice(0, 8));
  if (RUNTIMES.has(scheme) && parts.length >= 2) return identifyDocker(parts.slice(1).join('/'));
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

function identifyPod(namespace: string, pod: string): ContainerIdentity {
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

function identifyUnit(parts: readonly string[]): ContainerIdentity {
  const last = parts.at(-1) ?? 'unknown';
  const unit = last.endsWith('.service') ? last.slice(0, -'.service'.length) : undefined;
  if (unit === undefined) {
    const name = last.replace(/\.(scope|slice)$/, '');
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
