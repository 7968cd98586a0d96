import type { OrchestratedNames } from '../container-id.ts';

/** What a container runtime says of one container. */
export interface RuntimeContainer {
  /** 64 hex digits; what its cgroup is named by. */
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly names: OrchestratedNames | undefined;
  /** The empty process that holds a pod's namespaces: not worth a series. */
  readonly isPause: boolean;
  /** Names of volumes by where they are mounted inside. */
  readonly volumes: Readonly<Record<string, string>>;
  readonly published: readonly PublishedPort[];
  /** File with its output; '' when the runtime keeps none. */
  readonly logPath: string;
  readonly optOuts: OptOuts;
}

/** A port of the machine that leads to the container. */
export interface PublishedPort {
  readonly hostIp: string;
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: string;
}

/** What whoever runs the container does not want to be seen. */
export interface OptOuts {
  readonly logs: boolean;
  readonly traces: boolean;
  readonly profiles: boolean;
}

export const NO_OPT_OUTS: OptOuts = { logs: false, traces: false, profiles: false };

/** From labels and annotations: `gumshoe.io/logs`, `gumshoe.io/traces`, `gumshoe.io/profiles`, set to `disabled`. */
export function optOutsOf(labels: Readonly<Record<string, string>>): OptOuts {
  const isOff = (signal: string): boolean =>
    /^(disabled|false|off|no)$/i.test(labels[`gumshoe.io/${signal}`] ?? '');
  return { logs: isOff('logs'), traces: isOff('traces'), profiles: isOff('profiles') };
}

/** Who scheduled a container, by the labels that orchestrators put on what they start. */
export function namesFromLabels(
  labels: Readonly<Record<string, string>>,
  name: string,
): OrchestratedNames | undefined {
  const label = (key: string): string => labels[key] ?? '';
  const pod = label('io.kubernetes.pod.name');
  if (pod !== '') {
    const container = label('io.kubernetes.container.name');
    return { by: 'kubernetes', namespace: label('io.kubernetes.pod.namespace'), pod, container };
  }
  const service = label('com.docker.swarm.service.name');
  if (service !== '') return swarmNames(label, service);
  const allocation = label('com.hashicorp.nomad.alloc_id');
  const job = label('com.hashicorp.nomad.job_name');
  if (allocation !== '' && job !== '')
    return {
      by: 'nomad',
      namespace: label('com.hashicorp.nomad.namespace') || 'default',
      job,
      group: label('com.hashicorp.nomad.task_group_name') || '_',
      allocation,
      task: label('com.hashicorp.nomad.task_name') || '_',
    };
  return name === '' ? undefined : { by: 'name', name };
}

/** A task is named `<service>.<number>.<random id>`; a service of a stack `<stack>_<service>`. */
function swarmNames(label: (key: string) => string, service: string): OrchestratedNames {
  const stack = label('com.docker.stack.namespace');
  const task =
    label('com.docker.swarm.task.name')
      .slice(service.length + 1)
      .split('.')[0] ?? '';
  const short = stack !== '' && service.startsWith(`${stack}_`) ? service.slice(stack.length + 1) : service;
  return { by: 'swarm', stack, service: short, task };
}

/** Docker's and Podman's pod sandboxes, CRI's: by label, and by the name that cri-dockerd gives. */
export function isPauseContainer(labels: Readonly<Record<string, string>>, name: string): boolean {
  return (
    labels['io.cri-containerd.kind'] === 'sandbox' ||
    labels['io.kubernetes.docker.type'] === 'podsandbox' ||
    labels['io.kubernetes.cri-o.ContainerType'] === 'sandbox' ||
    labels['io.kubernetes.container.name'] === 'POD' ||
    (labels['io.kubernetes.pod.name'] !== undefined && name.startsWith('k8s_POD_'))
  );
}

/** `pvc-<uuid>` in the place that a volume is mounted from; else the last of it that tells something. */
export function volumeName(source: string): string {
  return /pvc-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/.exec(source)?.[0] ?? '';
}
