import { metricsOf } from './define.ts';

const HELP = 'Messages of a partition that a consumer group has not read yet; below 0 when nobody knows.';

/**
 * What exporters of Kafka say about consumer groups. Whose they are: the application of the group's name, else the only
 * Kafka there is.
 */
export const KAFKA_METRICS = metricsOf('process', {
  consumerGroupLag: {
    name: 'kafka_consumergroup_lag',
    type: 'gauge',
    unit: 'count',
    labels: ['consumergroup', 'topic', 'partition', 'namespace'],
    help: HELP,
  },
  receiverGroupLag: {
    name: 'kafka_consumer_group_lag',
    type: 'gauge',
    unit: 'count',
    labels: ['group', 'topic', 'partition', 'namespace'],
    help: `${HELP} As the OpenTelemetry Collector names it.`,
  },
});
