import assert from 'node:assert/strict';
import { test } from 'node:test';
import { milliseconds } from '@gumshoe/base/time';
import { buildWorld } from '@gumshoe/model/build/build-world';
import type { ApplicationId } from '@gumshoe/model/entities';
import { SeriesWriter } from '@gumshoe/model/testdata/series-writer';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { KUBERNETES_METRICS } from '@gumshoe/schema/metrics/kubernetes';
import { inspectWorld } from '../inspect.ts';
import { DEFAULT_OBJECTIVES, objectivesOf, type ObjectiveRule, type Promising } from './objectives.ts';

const app = (name: string, more: Partial<Promising> = {}): Promising => ({
  id: `shop:Deployment:${name}` as ApplicationId,
  name,
  kind: 'Deployment',
  ...more,
});
const share = (application: Promising, rules: readonly ObjectiveRule[]) =>
  objectivesOf(application, { rules }).find((one) => one.kind === 'availability')?.share;
const latency = (application: Promising, rules: readonly ObjectiveRule[] = []) =>
  objectivesOf(application, { rules }).find((one) => one.kind === 'latency');

test('nobody said anything: 99 % and 500 ms, 5 s for what watches, nothing for what others run', () => {
  assert.deepEqual(objectivesOf(app('api')), DEFAULT_OBJECTIVES);
  assert.equal(latency(app('prometheus', { category: 'monitoring' }))?.threshold, 5);
  assert.deepEqual(objectivesOf(app('s3', { kind: 'ExternalService' })), []);
});

test('an application beats a glob, a glob beats the project, and among equals the last wins', () => {
  const rules: readonly ObjectiveRule[] = [
    { kind: 'availability', application: 'shop:Deployment:payment-eu', share: 0.9999 },
    { kind: 'availability', application: 'payment-*', share: 0.95 },
    { kind: 'availability', application: 'shop:*:payment-*', share: 0.995 },
    { kind: 'availability', share: 0.9 },
  ];
  assert.equal(share(app('payment-eu'), rules), 0.9999);
  assert.equal(share(app('payment-us'), rules), 0.995);
  assert.equal(share(app('orders'), rules), 0.9);
});

test('a share of 0 promises nothing, what a rule leaves out stays, and a set objective is not assumed', () => {
  assert.equal(share(app('batch'), [{ kind: 'availability', application: 'batch', share: 0 }]), undefined);
  assert.deepEqual(latency(app('batch'), [{ kind: 'latency', threshold: 5 }]), {
    kind: 'latency',
    share: 0.99,
    threshold: 5,
  });
});

test('the project promises nothing for external services, a rule that means one does', () => {
  const s3 = app('s3', { kind: 'ExternalService' });
  assert.equal(share(s3, [{ kind: 'availability', share: 0.999 }]), undefined);
  assert.equal(share(s3, [{ kind: 'availability', application: 's3', share: 0.999 }]), 0.999);
});

test('annotations of pods beat globs, the configuration of the application beats them, nonsense says nothing', () => {
  const annotations = {
    slo_availability_objective: '99.95%',
    slo_latency_objective: '90',
    slo_latency_threshold: '2s',
  };
  const api = app('api', { annotations });
  assert.equal(share(api, [{ kind: 'availability', application: 'a*', share: 0.9 }]), 0.9995);
  assert.equal(share(api, [{ kind: 'availability', application: 'api', share: 0.9 }]), 0.9);
  assert.deepEqual(latency(api), { kind: 'latency', share: 0.9, threshold: 2 });
  assert.equal(share(app('api', { annotations: { slo_availability_objective: '0%' } }), []), undefined);
  const nonsense = { slo_availability_objective: 'high', slo_latency_threshold: '12' };
  assert.deepEqual(objectivesOf(app('api', { annotations: nonsense })), DEFAULT_OBJECTIVES);
});

test('annotations come with the pods that kube-state-metrics knows', () => {
  const range = { from: milliseconds(1_790_000_000_000), to: milliseconds(1_790_000_600_000) };
  const writer = new SeriesWriter(range, 15_000);
  const pod = { namespace: 'shop', pod: 'web-7d4b9c6f5d-x2x9k', uid: '1' };
  const container_id = `/k8s/shop/${pod.pod}/web`;
  writer.counter(CONTAINER_METRICS.cpuUsage.name, { machine_id: 'm', container_id, app_id: '' }, () => 1);
  const owner = { created_by_kind: 'ReplicaSet', created_by_name: 'web-7d4b9c6f5d', node: 'h' };
  writer.gauge(KUBERNETES_METRICS.podInfo.name, { ...pod, ...owner }, () => 1);
  const said = { annotation_coroot_com_slo_latency_threshold: '2s' };
  writer.gauge(KUBERNETES_METRICS.podAnnotations.name, { ...pod, ...said }, () => 1);
  const { applications } = inspectWorld(buildWorld(writer.series, range));
  const web = applications.find((one) => one.application.name === 'web')!;
  assert.equal(web.serviceLevel.slos.find(({ kind }) => kind === 'latency')?.threshold, 2);
});
