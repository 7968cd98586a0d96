import type { Labels, Series } from '@gumshoe/base/series';
import { gridTime } from '@gumshoe/base/time';
import { CERTIFICATE_METRICS as M } from '@gumshoe/schema/metrics/certificates';
import type { MetricDefinition } from '@gumshoe/schema/metrics/define';
import type { Column } from '../world.ts';
import type { BuildContext } from './context.ts';
import type { ApplicationDraft } from './drafts.ts';
import { endpointIn, type OwnerOf, type ScrapedOwners } from './scraped.ts';

export const CERTIFICATE_SERIES: readonly MetricDefinition[] = Object.values(M);

/** Words that say no more than that it is a certificate. */
const SUFFIX = /[-.](tls|cert|certs|certificate|certificates|crt|secret|ssl)$/;
/** Where the TLS of a site usually ends. */
const INGRESS = /ingress|gateway|traefik|haproxy|envoy/;

interface Place {
  readonly context: BuildContext;
  readonly owners: ScrapedOwners;
  readonly ownerOf: OwnerOf;
  readonly ingress: ApplicationDraft | undefined;
}

interface Kind {
  readonly metric: MetricDefinition;
  readonly nameOf: (labels: Labels) => string;
  readonly ownerOf: (labels: Labels, place: Place) => ApplicationDraft | undefined;
}

const KINDS: readonly Kind[] = [
  {
    metric: M.tlsTarget,
    nameOf: ({ address = '' }) => address,
    ownerOf: (labels, { ownerOf, context }) =>
      ownerOf(labels['address'] ?? '', context.clusterOf(labels))?.application,
  },
  {
    metric: M.probed,
    nameOf: ({ instance = '' }) => endpointIn(instance).address,
    ownerOf: siteOwner,
  },
  {
    metric: M.certManager,
    nameOf: ({ exported_namespace: exported, namespace = '', name = '' }) =>
      `${exported ?? namespace}/${name}`,
    ownerOf: (labels, place) =>
      namedLike(
        labels['name'] ?? '',
        labels['exported_namespace'] ?? labels['namespace'] ?? '',
        labels,
        place,
      ) ?? place.owners.instanceOf(labels)?.application,
  },
  {
    metric: M.x509,
    nameOf: ({ secret_namespace: namespace, secret_name: secret, filepath, subject_CN: subject = '' }) =>
      secret ? `${namespace ?? ''}/${secret}` : (filepath ?? subject),
    ownerOf: (labels, place) =>
      namedLike(labels['secret_name'] ?? '', labels['secret_namespace'] ?? '', labels, place) ??
      place.owners.instanceOf(labels)?.application,
  },
];

/** Gives every certificate to the application it is for; one that is for none we know of is left out. */
export function buildCertificates(
  context: BuildContext,
  applications: Iterable<ApplicationDraft>,
  owners: ScrapedOwners,
  ownerOf: OwnerOf,
): void {
  if (!CERTIFICATE_SERIES.some((metric) => context.named(metric).length > 0)) return;
  const ways = [...applications].filter(({ identity }) => INGRESS.test(identity.application));
  const place: Place = { context, owners, ownerOf, ingress: ways.length === 1 ? ways[0] : undefined };
  const renewals = new Map(context.named(M.certManagerRenewal).map((series) => [keyOf(series), series]));
  for (const { metric, nameOf, ownerOf: find } of KINDS) {
    for (const series of context.named(metric)) {
      const owner = find(series.labels, place);
      if (!owner) continue;
      const renewal = metric === M.certManager ? renewals.get(keyOf(series)) : undefined;
      owner.certificates.push({
        name: nameOf(series.labels),
        metric: metric.name,
        labels: series.labels,
        expires: context.gauge(series).slice(),
        ...(renewal ? { renews: context.gauge(renewal).slice() } : {}),
      });
    }
  }
}

const keyOf = ({ labels }: Series): string =>
  JSON.stringify(['cluster', 'namespace', 'exported_namespace', 'name'].map((name) => labels[name] ?? ''));

/** `shop-tls` of a namespace is of its application `shop`; a longer name of one that begins it. */
function namedLike(
  name: string,
  namespace: string,
  labels: Labels,
  { owners }: Place,
): ApplicationDraft | undefined {
  let part = name;
  for (let i = 0; i < 4 && part !== ''; i++) {
    const found = owners.named(part, namespace, labels);
    if (found) return found;
    part = SUFFIX.test(part) ? part.replace(SUFFIX, '') : part.slice(0, Math.max(0, part.lastIndexOf('-')));
  }
  return undefined;
}

/** Who listens there, the service of Kubernetes by its name, the application of the first part, else the way in. */
function siteOwner(labels: Labels, place: Place): ApplicationDraft | undefined {
  const { host, address } = endpointIn(labels['instance'] ?? '');
  const cluster = place.context.clusterOf(labels);
  const [name = '', namespace = '', svc] = host.split('.');
  return (
    place.ownerOf(/:\d+$/.test(address) ? address : `${address}:443`, cluster)?.application ??
    (svc === 'svc' ? place.owners.named(name, namespace, labels) : undefined) ??
    place.owners.named(host, '', labels) ??
    place.owners.named(name, '', labels) ??
    place.ingress
  );
}

/** Seconds that are left as unix seconds, so that all certificates say the same. */
export function endOfTtl(context: BuildContext, series: Series): Column {
  return context.gauge(series).map((left, i) => gridTime(context.grid, i) / 1000 + left);
}
