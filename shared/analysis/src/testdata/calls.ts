import type { Course, SeriesWriter } from '@gumshoe/model/testdata/series-writer';
import { TRACE_METRICS as T } from '@gumshoe/schema/metrics/trace';

/** Who calls whom, the share of these calls that fails, and how many there are a second: 20 if not given. */
export type Call = readonly [client: string, server: string, failed: Course, rate?: Course];

/** Requests as spans tell of them, of 20 ms. */
export function writeCalls(writer: SeriesWriter, calls: readonly Call[]): void {
  for (const [client, server, failed, rate = () => 20] of calls) {
    const labels = { service_name: server, client_service_name: client };
    writer.counter(T.requests.name, { ...labels, status: 'ok' }, (at) => rate(at) * (1 - failed(at)));
    writer.counter(T.requests.name, { ...labels, status: 'failed' }, (at) => rate(at) * failed(at));
    writer.histogram(
      T.duration.name,
      labels,
      rate,
      () => 0.02,
    );
  }
}
