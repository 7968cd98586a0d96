import type { Labels } from '@gumshoe/base/series';
import { KAFKA_METRICS as K } from '@gumshoe/schema/metrics/kafka';
import type { ConsumerLagColumns } from '../world.ts';
import type { Building } from './context.ts';
import type { ApplicationDraft } from './drafts.ts';
import { addInto } from './resample.ts';
import type { ScrapedOwners } from './scraped.ts';
import { applicationType } from './types.ts';

export const CONSUMER_LAG = [K.consumerGroupLag, K.receiverGroupLag] as const;

/**
 * How far consumer groups are behind, summed over the partitions of each topic: at the application of the group's name,
 * else at the only Kafka of the namespace or the cluster. What several exporters tell is taken from the first.
 */
export function buildConsumerLags({ context, registry }: Building, owners: ScrapedOwners): void {
  const kafkas = [...registry.applications.values()].filter(isKafka);
  const ownerOf = (group: string, labels: Labels): ApplicationDraft | undefined => {
    const named = owners.named(group, '', labels);
    if (named) return named;
    const cluster = context.clusterOf(labels);
    const near = kafkas.filter(({ identity }) => identity.cluster === cluster);
    const own = near.filter(({ namespace }) => namespace === labels['namespace']);
    return own.length === 1 ? own[0] : near.length === 1 ? near[0] : undefined;
  };
  for (const metric of CONSUMER_LAG)
    for (const series of context.named(metric)) {
      const { consumergroup, group = consumergroup ?? '', topic = '' } = series.labels;
      const application = group === '' ? undefined : ownerOf(group, series.labels);
      if (!application) continue;
      const cluster = context.clusterOf(series.labels);
      const lags = application.consumerLags;
      let known = lags.find((one) => one.group === group && one.topic === topic && one.cluster === cluster);
      if (known === undefined) {
        const lag = context.resampler.column();
        lags.push((known = { group, topic, cluster, metric: metric.name, lag }));
      } else if (known.metric !== metric.name) continue;
      addInto(
        known.lag,
        context.gauge(series).map((behind) => (behind >= 0 ? behind : NaN)),
      );
    }
}

/** By its processes, protocol or image, or by a name that says so. */
const isKafka = ({ types, inbound, instances, identity }: ApplicationDraft): boolean =>
  applicationType({
    types,
    serves: new Set(inbound.keys()),
    probed: [],
    images: [...instances.values()].flatMap(({ images }) => images),
  }) === 'kafka' || /^([\w-]+-)?kafka(-(broker|controller|server)s?)?$/.test(identity.application);

export const sortedLags = (lags: readonly ConsumerLagColumns[]): readonly ConsumerLagColumns[] =>
  [...lags].sort((a, b) => (a.group + a.topic < b.group + b.topic ? -1 : 1));
