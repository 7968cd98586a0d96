import type { InstanceDraft } from './drafts.ts';

/** Containers that proxy, watch or ship logs for the others of their pod, by the names that their makers give them. */
const SIDECARS =
  /^(istio-proxy|linkerd-proxy|envoy|envoy-sidecar|cilium-envoy|kuma-sidecar|consul-dataplane|daprd|queue-proxy|oauth2-proxy|kube-rbac-proxy|vault-agent|cloud-?sql-proxy|fluent-?bit|fluentd|filebeat|promtail|config-reloader|otc-container|[a-z0-9-]+-exporter|POD|pause)$/;

/**
 * Whether a container only accompanies others of its pod: what it does says nothing of whether the pod does its work. One
 * that is alone is the work itself.
 */
export function isSidecar({ containerIds }: Pick<InstanceDraft, 'containerIds'>, id: string): boolean {
  const name = nameOf(id);
  if (containerIds.size < 2 || name === undefined || !SIDECARS.test(name)) return false;
  for (const other of containerIds) {
    const its = nameOf(other);
    if (its !== undefined && !SIDECARS.test(its)) return true;
  }
  return false;
}

/** Of `/k8s/NAMESPACE/POD/CONTAINER`; undefined for others. */
const nameOf = (id: string): string | undefined => /^\/k8s\/[^/]+\/[^/]+\/([^/]+)$/.exec(id)?.[1];
