import { formatValue } from '@gumshoe/base/units';
import { KAFKA_METRICS } from '@gumshoe/schema/metrics/kafka';
import { matchCluster, matchLabel } from '../evidence.ts';
import { defineInspection } from './define.ts';
import { known } from './measured.ts';
import { riseVerdict } from './rise.ts';

/** Consumers that work in batches are always behind by as much, so only more than usual counts. */
export const kafkaConsumerLag = defineInspection({
  id: 'kafka-consumer-lag',
  title: 'Kafka consumer lag',
  area: 'Kafka',
  threshold: {
    default: 1000,
    unit: 'count',
    description: 'messages that a consumer group has not read, where that is more than usual',
  },
  needs: ['consumerLags'],
  inspect: (subject, threshold) =>
    riseVerdict(
      subject,
      subject.consumerLags
        .filter(({ lag }) => known(lag))
        .map((of) => ({ of, name: `${of.group} in ${of.topic}`, values: of.lag })),
      {
        threshold,
        unit: 'count',
        says: ({ of, state }) =>
          `Consumer group ${of.group} is ${formatValue(Math.round(state.value), 'count')} messages behind in topic ${of.topic}`,
        calm: 'Every consumer group has read all there is.',
        formula: 'messages not read yet, summed over partitions',
        query: ({ of: { metric, group, topic, cluster } }) => {
          const label = metric === KAFKA_METRICS.consumerGroupLag.name ? 'consumergroup' : 'group';
          const of = [
            matchLabel(label, [group]),
            matchLabel('topic', [topic]),
            ...matchCluster(cluster || undefined),
          ];
          return `sum(${metric}{${of.join(',')}} >= 0)`;
        },
      },
    ),
});
