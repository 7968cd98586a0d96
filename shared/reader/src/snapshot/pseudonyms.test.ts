import assert from 'node:assert/strict';
import { test } from 'node:test';
import { identifyContainer } from '@gumshoe/model/build/identity';
import { Pseudonyms } from './pseudonyms.ts';

const key = Buffer.from('a key for the test');
const HASH = /^u[0-9a-f]{10}$/;

test('containers keep what their names say by their form', () => {
  const pseudonyms = new Pseudonyms(key);
  for (const id of [
    '/k8s/shop/checkout-7d9f8b6c5-x2k4j/checkout',
    '/k8s/shop/ledger-0/ledger',
    '/k8s/shop/shipper-b7k2x/shipper',
    '/docker/shop-checkout-2',
    '/shop.slice/checkout@2.service',
    '/swarm/shop/checkout/3',
  ]) {
    const [was, is] = [identifyContainer(id), identifyContainer(pseudonyms.container(id))];
    assert.equal(is.kind, was.kind, id);
    assert.equal(is.application, pseudonyms.apply(was.application), id);
    assert.equal(is.instance, pseudonyms.apply(was.instance), id);
    assert.doesNotMatch(pseudonyms.container(id), /checkout|ledger|shipper|\bshop\b/);
  }
});

test('the same word has the same hash everywhere, by the key', () => {
  const one = new Pseudonyms(key);
  const name = one.name('checkout');
  assert.match(name, HASH);
  assert.equal(new Pseudonyms(key).name('Checkout'), name);
  assert.notEqual(new Pseudonyms(Buffer.from('another key')).name('checkout'), name);
  assert.equal(one.name('checkout-worker'), `${name}-worker`);
  assert.equal(
    one.apply('GET http://checkout.prod.svc.cluster.local:8080/pay'),
    `GET http://${name}.prod.svc.cluster.local:8080/pay`,
  );
  assert.equal(one.apply('checkouts are not checkout'), `checkouts are not ${name}`);
});

test('names of any script are hashed, with their marks, and single signs that are words', () => {
  const pseudonyms = new Pseudonyms(key);
  for (const name of ['カート', 'платёж', 'हिसाब', '車', 'ü'])
    assert.match(pseudonyms.name(name), HASH, name);
  assert.match(pseudonyms.name('zahlung-ü-2'), /^u[0-9a-f]{10}-u[0-9a-f]{10}-2$/);
  assert.equal(pseudonyms.name('n-1'), 'n-1');
});

test('labels: names are learnt, what the model understands and addresses stay', () => {
  const pseudonyms = new Pseudonyms(key);
  const labels = {
    container_id: '/k8s/shop/ledger-7d9f8b6c5-x2k4j/ledger',
    replicaset: 'ledger-7d9f8b6c5',
    machine_id: '3f2504e04f8911d39a0c0305e82c3301',
    image: 'registry.example.com/shop/ledger:1.2',
    destination: '10.1.2.3:5432',
    actual_destination: 'ledger.shop.svc:80',
    status: 'ledger',
    name: 'max_connections',
  };
  pseudonyms.learnLabels(labels);
  const hidden = Object.fromEntries(
    Object.entries(labels).map(([key, value]) => [key, pseudonyms.label(key, value)]),
  );
  assert.doesNotMatch(JSON.stringify({ ...hidden, status: '' }), /ledger|shop|example|3f2504/);
  assert.match(hidden['replicaset'] ?? '', /^u[0-9a-f]{10}-7d9f8b6c5$/);
  assert.match(hidden['image'] ?? '', /:1\.2$/);
  assert.equal(hidden['destination'], '10.1.2.3:5432');
  assert.equal(hidden['status'], 'ledger');
  assert.equal(hidden['name'], 'max_connections');
});
