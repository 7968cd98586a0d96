import { compileGlob } from '@gumshoe/base/glob';
import type { ApplicationKind } from '../entities.ts';
import type { CustomApplicationRule } from '../settings.ts';
import { databaseMember } from './database-clusters.ts';
import { containerIdParts, identifyContainer, identifyPod, type ContainerIdentity } from './identity.ts';
import type { KubernetesState, ObjectRef, PodState } from './kubernetes.ts';

/** Identity of a container with everything that is known of its workload. */
export interface WorkloadIdentity extends ContainerIdentity {
  readonly cluster: string;
  readonly pod?: PodState;
  /** From an annotation; rules come later. */
  readonly category?: string;
  readonly role?: string;
  readonly type?: string;
}

const CUSTOM_NAME = 'annotation_coroot_com_custom_application_name';
const CATEGORY = 'annotation_coroot_com_application_category';
/** Owners whose own name is that of the application. */
const OWNERS: Readonly<Record<string, ApplicationKind>> = {
  Deployment: 'Deployment',
  Rollout: 'Deployment',
  DeploymentConfig: 'Deployment',
  StatefulSet: 'StatefulSet',
  CloneSet: 'StatefulSet',
  DaemonSet: 'DaemonSet',
  ReplicaSet: 'ReplicaSet',
  ReplicationController: 'ReplicaSet',
  CronJob: 'CronJob',
  Job: 'Job',
  SparkApplication: 'SparkApplication',
  ScheduledSparkApplication: 'SparkApplication',
  Workflow: 'Workflow',
  CronWorkflow: 'Workflow',
};

/** Says which application a container belongs to: rules of the configuration, then Kubernetes, then the names. */
export class Workloads {
  readonly #kubernetes: KubernetesState;
  readonly #custom: readonly {
    readonly name: string;
    readonly globs: readonly ((text: string) => boolean)[];
  }[];

  constructor(kubernetes: KubernetesState, custom: readonly CustomApplicationRule[] = []) {
    this.#kubernetes = kubernetes;
    this.#custom = custom.map(({ name, instances }) => ({ name, globs: instances.map(compileGlob) }));
  }

  ofContainer(containerId: string, cluster: string): WorkloadIdentity {
    const [scheme, namespace = '', name = ''] = containerIdParts(containerId);
    const pod = scheme === 'k8s' ? this.#kubernetes.pod(cluster, namespace, name) : undefined;
    return pod ? this.ofPod(pod) : this.#customized({ ...identifyContainer(containerId), cluster });
  }

  ofPod(pod: PodState): WorkloadIdentity {
    const category = pod.annotations[CATEGORY];
    const member = databaseMember(pod.labels);
    const owned = member
      ? { kind: 'DatabaseCluster' as const, application: member.cluster }
      : this.#workloadOf(pod);
    return this.#customized({
      namespace: pod.namespace || '_',
      ...owned,
      instance: pod.name,
      hostBound: false,
      cluster: pod.cluster,
      pod,
      ...(category ? { category } : {}),
      ...(member?.role === undefined ? {} : { role: member.role }),
      ...(member === undefined ? {} : { type: member.type }),
    });
  }

  #workloadOf(pod: PodState): Pick<ContainerIdentity, 'kind' | 'application'> {
    const { owner } = pod;
    if (owner.kind === '') return { kind: 'Pod', application: pod.name };
    if (owner.kind === 'Node') return { kind: 'StaticPods', application: staticName(pod) };
    const controller = this.#kubernetes.controllerOf(pod.cluster, pod.namespace, owner);
    const guessed = controller ?? guessController(owner);
    const top = guessed.kind === '' ? owner : guessed;
    const kind = OWNERS[top.kind];
    if (kind === 'Workflow') return { kind, application: top.name.replace(/-(\d{10}|[a-z0-9]{5})$/, '') };
    if (kind !== undefined) return { kind, application: top.name };
    // an operator runs its pods itself
    return { kind: identifyPod(pod.namespace, pod.name).kind, application: top.name || pod.name };
  }

  #customized(identity: WorkloadIdentity): WorkloadIdentity {
    const name =
      this.#custom.find(({ globs }) => globs.some((matches) => matches(identity.instance)))?.name ??
      identity.pod?.annotations[CUSTOM_NAME];
    if (!name) return identity;
    return {
      ...identity,
      namespace: '_',
      kind: 'CustomApplication',
      application: name,
      hostBound: false,
    };
  }
}

/** Where nobody says who controls a ReplicaSet or a Job, their generated names do. */
function guessController({ kind, name }: ObjectRef): ObjectRef {
  const deployment = kind === 'ReplicaSet' ? /^(.+)-[0-9a-z]{6,10}$/.exec(name)?.[1] : undefined;
  if (deployment) return { kind: 'Deployment', name: deployment };
  const cron = kind === 'Job' ? /^(.+)-(\d{8}|\d{10})$/.exec(name)?.[1] : undefined;
  return cron ? { kind: 'CronJob', name: cron } : { kind: '', name: '' };
}

/** Static pods end in the name of their node. */
function staticName({ name, nodeName }: PodState): string {
  const suffix = `-${nodeName}`;
  return nodeName !== '' && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
}
