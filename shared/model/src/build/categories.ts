import { compileGlob } from '@gumshoe/base/glob';
import type { CategoryRule } from '../settings.ts';

export const DEFAULT_CATEGORY = 'application';
/** Their requests are not what users wait for. */
export const AUXILIARY_CATEGORIES: ReadonlySet<string> = new Set([
  'control-plane',
  'monitoring',
  'auxiliary',
]);

/** Globs on `namespace/name`; the namespace of what belongs to a host is that host. */
export const BUILT_IN_CATEGORIES: readonly CategoryRule[] = [
  {
    name: 'monitoring',
    applications: [
      'monitoring/*',
      'observability/*',
      'prometheus/*',
      'coroot/*',
      'gumshoe/*',
      'loki/*',
      'grafana/*',
      'datadog/*',
      'metrics-server/*',
      '*/{prometheus,alertmanager,grafana,loki,promtail,tempo,jaeger,zipkin,thanos,mimir,cortex,kibana}',
      '*/{prometheus,alertmanager,grafana,loki,promtail,tempo,jaeger,thanos,mimir,cortex}-*',
      '*/*{prometheus,alertmanager,grafana}*',
      '*/{coroot,gumshoe}*',
      '*/{kube-state-metrics,metrics-server,node-exporter,node_exporter,cadvisor,pushgateway}*',
      '*/*{prometheus-node-exporter,kube-state-metrics,-exporter,_exporter}',
      '*/{victoria-metrics,victoria-logs,vmagent,vmalert,vminsert,vmselect,vmstorage,vmsingle}*',
      '*/{datadog,newrelic,telegraf,fluentd,fluent-bit,fluentbit,filebeat,metricbeat,netdata}*',
      '*/{otel-collector,otelcol,opentelemetry-collector,opentelemetry-operator,beyla,pyroscope,parca}*',
    ],
  },
  {
    name: 'control-plane',
    applications: [
      'kube-system/*',
      'kube-public/*',
      'kube-node-lease/*',
      'openshift-*/*',
      '{calico-system,tigera-operator,cilium,metallb-system,local-path-storage}/*',
      '{istio-system,linkerd,linkerd-viz,cert-manager,argocd,argo-rollouts,flux-system,fluxcd}/*',
      '{ingress-nginx,nginx-ingress,traefik,keda,knative-serving,external-secrets,gatekeeper-system}/*',
      '{longhorn-system,rook-ceph,velero,crossplane-system,karpenter,cattle-*}/*',
      '*/{kubelet,kube-proxy,kube-apiserver,kube-scheduler,kube-controller-manager,etcd,k3s*,rke2*}',
      '*/{coredns,kube-dns,nodelocaldns,node-local-dns,cilium*,calico*,flannel*,kube-flannel*,weave*}',
      '*/{cert-manager*,cluster-autoscaler*,external-dns*,aws-node,ebs-csi-*,csi-*,istiod,istio-ingressgateway*}',
      '*/{containerd,crio,docker,dockerd,docker.socket,podman,nomad,consul,cri-docker*}',
      '*/{systemd*,dbus*,crond,chronyd,ntp*,sshd,ssh,rsyslog,journald,polkit*,udisks2,snapd*,auditd}',
      '*/{NetworkManager*,networkd*,resolvconf,irqbalance,rpcbind,multipathd,getty*,unattended-upgrades}',
      '*/{amazon-ssm-agent*,google-guest-agent*,google-osconfig-agent*,walinuxagent*,qemu-guest-agent}',
    ],
  },
];

/** Tells the category of an application by the configuration's rules, then the built-in ones. */
export class Categories {
  readonly #rules: readonly {
    readonly name: string;
    readonly globs: readonly ((text: string) => boolean)[];
  }[];

  constructor(rules: readonly CategoryRule[] = []) {
    this.#rules = [...rules, ...BUILT_IN_CATEGORIES].map(({ name, applications }) => ({
      name,
      globs: applications.map(compileGlob),
    }));
  }

  of(namespace: string, name: string): string {
    const subject = `${namespace}/${name}`;
    return (
      this.#rules.find(({ globs }) => globs.some((matches) => matches(subject)))?.name ?? DEFAULT_CATEGORY
    );
  }
}
