// A small part of `npm run eval -- datasets`: the files, their import and the analysis fit together.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { INJECTIONS } from './injections.ts';
import { SHAPES } from './shapes.ts';
import { tryCalm, tryInjection } from './trial.ts';

const shape = (name: string) => SHAPES.find((one) => one.name === name)!;
const fault = (name: string) => INJECTIONS.find((one) => one.name === name)!;

test('what is injected into a test bed is found in the files of it', async () => {
  for (const [seen, injected] of [
    ['cadvisor', 'cpu'],
    ['cadvisor+ksm', 'pod-kill'],
    ['gauges', 'pod-failure'],
    ['traces', 'exception'],
  ] as const) {
    const trial = await tryInjection(fault(injected), shape(seen), 1);
    assert.equal(trial?.rank, 1, `${seen} ${injected}: ${trial?.cause}, found ${trial?.found}`);
  }
});

test('a fault that no file can show is not tried', async () => {
  assert.equal(await tryInjection(fault('delay'), shape('cadvisor'), 1), undefined);
});

test('nothing is found in calm files', async () => {
  assert.equal((await tryCalm(shape('cadvisor+ksm'), 3)).what, '');
});
