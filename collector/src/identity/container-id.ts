import type { CgroupIdentity } from './cgroup.ts';

export interface KubernetesNames {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

/**
 * `container_id` as the reference writes it: `/k8s/ns/pod/container`, `/docker/<id>`, `/<slice>/<unit>`,
 * `/process/<comm>` for what runs in no container and no unit.
 */
export function containerIdOf(identity: CgroupIdentity, comm: string, names?: KubernetesNames): string {
  if (names) return `/k8s/${names.namespace}/${names.pod}/${names.container}`;
  if (identity.podUid !== '') return `/k8s/~/${identity.podUid}/${identity.id.slice(0, 12)}`;
  switch (identity.kind) {
    case 'systemd':
      return identity.path;
    case 'process':
      return `/process/${comm.replace(/\//g, '_')}`;
    default:
      return `/${identity.kind}/${identity.id.length === 64 ? identity.id.slice(0, 12) : identity.id}`;
  }
}

const DEPLOYMENT_POD = /^(.+)-[0-9a-f]{6,10}-[0-9bcdfghjklmnpqrstvwxz]{5}$/;
const DAEMON_SET_POD = /^(.+)-[0-9bcdfghjklmnpqrstvwxz]{5}$/;
const STATEFUL_SET_POD = /^(.+)-\d+$/;

/**
 * `service.name` of a container: the workload of a pod, the unit without its suffix and its instance
 * (`api@1.service` → `api`), else the last part of the id.
 */
export function serviceNameOf(containerId: string): string {
  const parts = containerId.split('/').filter(Boolean);
  const last = parts.at(-1) ?? containerId;
  if (parts[0] === 'k8s' && parts.length === 4) {
    const pod = parts[2] ?? '';
    const workload =
      DEPLOYMENT_POD.exec(pod)?.[1] ??
      STATEFUL_SET_POD.exec(pod)?.[1] ??
      DAEMON_SET_POD.exec(pod)?.[1] ??
      pod;
    return `/k8s/${parts[1]}/${workload}`;
  }
  return last.endsWith('.service') ? last.slice(0, -'.service'.length).replace(/@.*$/, '') : last;
}
