import { writeGauges } from './write-gauges.ts';
import { writeKubernetes } from './write-kubernetes.ts';
import { writeCadvisor } from './write-cadvisor.ts';
import { writeIstio, writeSpanMetrics } from './write-mesh.ts';
import { TextWriter } from './write-text.ts';
import type { TestBed } from './test-bed.ts';

/** What was scraped; undefined where nothing was. */
export function metricsOf(bed: TestBed): string | undefined {
  const { containers, requests, kubernetes } = bed.shape;
  if (!containers && !requests && !kubernetes) return undefined;
  const writer = new TextWriter();
  if (containers === 'cadvisor') writeCadvisor(bed, writer);
  if (containers === 'gauges') writeGauges(bed, writer);
  if (kubernetes) writeKubernetes(bed, writer);
  if (requests === 'istio') writeIstio(bed, writer);
  if (requests === 'span-metrics') writeSpanMetrics(bed, writer);
  return writer.text;
}
