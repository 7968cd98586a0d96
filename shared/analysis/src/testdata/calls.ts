import type { Course, SeriesWriter } from '@gumshoe/model/testdata/series-writer';
import { TRACE_METRICS as T } from '@gumshoe/schema/metrics/trace';

/** Who calls whom, and the share of these calls that fails. */
export type Call = readonly [client: string, server: string, failed: Course];

/** Requests as spans tell of them: 20 a second each, of 20 ms. */
export function writeCalls(writer: SeriesWriter, calls: readonly Call[]): void {
  for (const [client, server, failed] of calls) {
    const labels = { service_name: server, client_service_name: client };
    writer.counter(T.requests.name, { ...labels, status: 'ok' }, (at) => 20 * (1 - failed(at)));
    writer.counter(T.requests.name, { ...labels, status: 'failed' }, (at) => 20 * failed(at));
    writer.histogram(
      T.duration.name,
      labels,
      () => 20,
      () => 0.02,
    );
  }
}
