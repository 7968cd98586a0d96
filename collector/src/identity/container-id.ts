import type { CgroupIdentity } from './cgroup.ts';

export interface KubernetesNames {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

/** Who schedules a container, as the labels that its runtime keeps tell. */
export type OrchestratedNames =
  | ({ readonly by: 'kubernetes' } & KubernetesNames)
  | { readonly by: 'swarm'; readonly stack: string; readonly service: string; readonly task: string }
  | {
      readonly by: 'nomad';
      readonly namespace: string;
      readonly job: string;
      readonly group: string;
      readonly allocation: string;
      readonly task: string;
    }
  | { readonly by: 'name'; readonly name: string };

/** Pods of a CronJob: `<job>-<minutes since the epoch>-<5 characters>`, the minutes near the present. */
const CRON_JOB_POD = /^(.+)-(\d{8})-[^-]{5}$/;
const CRON_JOB_WINDOW_MINUTES = 7 * 24 * 60;

/**
 * `container_id` in the reference's formats: `/k8s/ns/pod/container`, `/k8s-cronjob/ns/job/container`,
 * `/swarm/stack/service/task`, `/nomad/ns/job/group/allocation/task`, `/docker/name`, `/<slice>/<unit>`,
 * `/talos/service`; beyond it `/lxc/name`, `/nspawn/name`, and `/process/<host>/<comm>` for what runs in no
 * container and no unit. What nothing has named yet stands there by its shortened id. `now` in ms.
 */
export function containerIdOf(
  identity: CgroupIdentity,
  process: { readonly comm: string; readonly host: string },
  names: OrchestratedNames | undefined,
  now: number,
): string {
  if (names) return namedId(identity, names, now);
  const { kind, id, podUid, path } = identity;
  if (podUid !== '') return `/k8s/~/${podUid}/${kind === 'sandbox' ? 'sandbox' : id.slice(0, 12)}`;
  switch (kind) {
    case 'systemd':
      return path;
    case 'process':
      return `/process/${process.host}/${process.comm.replace(/\//g, '_')}`;
    case 'nomad':
      return `/nomad/~/~/~/${id}`;
    default:
      return `/${kind}/${id.length === 64 ? id.slice(0, 12) : id}`;
  }
}

function namedId({ kind, id }: CgroupIdentity, names: OrchestratedNames, now: number): string {
  switch (names.by) {
    case 'kubernetes': {
      const container = kind === 'sandbox' ? 'sandbox' : names.container;
      const job = cronJobOf(names.pod, now);
      return job === undefined
        ? `/k8s/${names.namespace}/${names.pod}/${container}`
        : `/k8s-cronjob/${names.namespace}/${job}/${container}`;
    }
    case 'swarm':
      return `/swarm/${names.stack || '_'}/${names.service}/${names.task}`;
    case 'nomad':
      return `/nomad/${names.namespace}/${names.job}/${names.group}/${names.allocation}/${names.task}`;
    case 'name':
      return `/${kind}/${names.name || id.slice(0, 12)}`;
  }
}

function cronJobOf(pod: string, now: number): string | undefined {
  const [, job, minutes] = CRON_JOB_POD.exec(pod) ?? [];
  if (job === undefined) return undefined;
  return Math.abs(Number(minutes) - now / 60_000) <= CRON_JOB_WINDOW_MINUTES ? job : undefined;
}

const DEPLOYMENT_POD = /^(.+)-[0-9a-f]{6,10}-[0-9bcdfghjklmnpqrstvwxz]{5}$/;
const DAEMON_SET_POD = /^(.+)-[0-9bcdfghjklmnpqrstvwxz]{5}$/;
const STATEFUL_SET_POD = /^(.+)-\d+$/;

/**
 * `service.name` of a container: the workload of a pod, the service of Swarm, the job and group of Nomad, the unit
 * without its suffix and its instance (`api@1.service` → `api`), else the last part of the id.
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
  if (parts[0] === 'k8s-cronjob' && parts.length === 4) return `/k8s-cronjob/${parts[1]}/${parts[2]}`;
  if (parts[0] === 'swarm' && parts.length === 4) return `/swarm/${parts[1]}/${parts[2]}`;
  if (parts[0] === 'nomad' && parts.length === 6) return `/nomad/${parts.slice(1, 4).join('/')}`;
  return last.endsWith('.service') ? last.slice(0, -'.service'.length).replace(/@.*$/, '') : last;
}
