import { createHmac } from 'node:crypto';
import type { Labels } from '@gumshoe/base/series';
import { identifyContainer } from '@gumshoe/model/build/identity';

/** Words that say nothing of whose system it is, and that the model or a reader needs. */
const WELL_KNOWN: ReadonlySet<string> = new Set(
  `k8s cronjob swarm nomad docker containerd crio podman lxc talos kubepods burstable besteffort pod init scope slice
  service system user runtime reserved kube kubelet public default node nodes localhost local cluster svc internal com
  net org io http https grpc tcp udp dns tls api app web frontend backend server client worker db database cache queue
  postgres postgresql pgbouncer mysql mariadb mongo mongodb redis valkey keydb memcached kafka zookeeper rabbitmq nats
  cassandra clickhouse elasticsearch opensearch etcd consul vault nginx envoy haproxy traefik istio istiod linkerd proxy
  sidecar coredns prometheus grafana alertmanager loki tempo jaeger otel collector opentelemetry fluentd fluentbit
  vector cadvisor exporter metrics java jvm python nodejs golang dotnet ruby php library docker hub gcr ghcr quay
  registry amd64 arm64 linux unknown events external gumshoe true false`
    .split(/\s+/)
    .filter(Boolean),
);

/** Labels whose values are names, or contain them. */
const NAME_LABELS: ReadonlySet<string> = new Set(
  `app_id machine_id system_uuid hostname instance node host namespace service job service_name client_service_name
  container container_name deployment statefulset daemonset job_name workload domain fqdn app systemd_triggered_by
  cluster k8s_namespace_name external_name provider_id instance_id account_id cluster_id rds_instance_id ec_instance_id
  server_uuid source_server_uuid sender_host master_host holder s3_bucket gcs_bucket azure_container`.split(
    /\s+/,
  ),
);
/** Names of pods and of what makes them: with generated suffixes. */
const POD_LABELS: ReadonlySet<string> = new Set(
  'pod pod_name k8s_pod_name replicaset owner_name created_by_name'.split(' '),
);
const ADDRESS_LABELS: ReadonlySet<string> = new Set([
  'destination',
  'actual_destination',
  'listen_addr',
  'address',
]);
/** Labels whose values the model understands. */
const MEANT: ReadonlySet<string> = new Set(
  `__name__ le quantile status mode kind level protocol state type summary application_type error_type pattern_hash
  reporter method operation request_type source reason phase condition component outcome cause signal role command cmd
  engine gc scope failure_type host_network created_by_kind owner_kind port_protocol port_name instance_type region unit
  wal_status priority_class wait_event_type autovacuum_disabled systemd_type resource provider instance_life_cycle`.split(
    /\s+/,
  ),
);

/** With the marks that vowels of many scripts are. */
const WORD = /[\p{L}\p{M}\p{N}]+/gu;
/** A letter alone says nothing, a sign of other scripts may be a word. */
const TOO_SHORT = /^[\da-z]$|^\d+$/;
const IP = /^\[?(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]*:[0-9a-f:.]+)\]?(?::\d+)?$/i;
const REPLICA_SET = /-(?=[a-z]*\d)(?:[bcdfghjklmnpqrstvwxz2456789]{6,10}|[0-9a-f]{6,10})$/;
/** A pod's or a replica set's name without what was generated. */
const baseOf = (name: string): string =>
  identifyContainer(`/k8s/_/${name.replaceAll('/', '_')}/_`).application.replace(REPLICA_SET, '');

/** No generated suffix of a pod has this letter, so a hash is never taken for one. */
const MARK = 'u';
const DIGITS = 10;

/**
 * Replaces the words of names by keyed hashes, the same word by the same hash. Word by word, so that what names say by
 * their form stays: a service's name begins its pods' names, a host name has its parts, a replica its number.
 */
export class Pseudonyms {
  readonly #key: Uint8Array;
  readonly #known = new Map<string, string>();

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  #learn(name: string): void {
    for (const [word] of name.matchAll(WORD)) {
      const lower = word.toLowerCase();
      if (TOO_SHORT.test(lower) || WELL_KNOWN.has(lower) || this.#known.has(lower)) continue;
      const digest = createHmac('sha256', this.#key).update(lower).digest('hex');
      this.#known.set(lower, MARK + digest.slice(0, DIGITS));
    }
  }

  /** Takes in the words of a container's names, but not what was generated. */
  learnContainer(id: string): void {
    if (id === '') return;
    const { namespace, application } = identifyContainer(id);
    this.#learn(namespace);
    this.#learn(application);
    if (id.startsWith('/k8s/')) this.#learn(id.split('/').slice(4).join('/'));
    else if (!id.startsWith('/swarm/') && !id.startsWith('/nomad/') && !id.startsWith('/k8s-cronjob/'))
      this.#learn(id);
  }

  learnName(name: string): void {
    this.#learn(name);
  }

  /** Takes in every name that labels hold. */
  learnLabels(labels: Labels): void {
    for (const [key, value] of Object.entries(labels)) {
      if (key === 'container_id') this.learnContainer(value);
      else if (POD_LABELS.has(key)) this.#learn(baseOf(value));
      else if (key === 'image') this.#learn(value.replace(/(?::[\w.-]+)?(?:@sha\w+:\w+)?$/, ''));
      else if (NAME_LABELS.has(key) || ADDRESS_LABELS.has(key)) this.#learn(IP.test(value) ? '' : value);
    }
  }

  /** Words that were taken in are replaced, wherever they stand; the rest stays. */
  apply(text: string): string {
    return text.replace(WORD, (word) => this.#known.get(word.toLowerCase()) ?? word);
  }

  /** Of a value that is a name. */
  name(name: string): string {
    this.#learn(name);
    return this.apply(name);
  }

  container(id: string): string {
    this.learnContainer(id);
    return this.apply(id);
  }

  label(key: string, value: string): string {
    return MEANT.has(key) || (ADDRESS_LABELS.has(key) && IP.test(value)) ? value : this.apply(value);
  }
}
