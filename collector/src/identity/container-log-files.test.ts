import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ContainerLogFiles } from './container-log-files.ts';

const root = mkdtempSync(join(tmpdir(), 'gumshoe-log-files-'));
after(() => rmSync(root, { recursive: true, force: true }));
const POD = 'a'.repeat(64);
const DOCKER = 'b'.repeat(64);

test("the kubelet's links tell names and file; Docker's file is found by the id", () => {
  const links = join(root, 'var/log/containers');
  mkdirSync(links, { recursive: true });
  writeFileSync(join(links, `shop-api-7d9c5b8f6d-x2x4z_web_main-app-${POD}.log`), '');
  writeFileSync(join(links, 'something-else.log'), '');
  const docker = join(root, 'var/lib/docker/containers', DOCKER);
  mkdirSync(docker, { recursive: true });
  writeFileSync(join(docker, `${DOCKER}-json.log`), '');
  const files = new ContainerLogFiles(root);
  files.refresh();
  assert.deepEqual(files.namesOf(POD), {
    namespace: 'web',
    pod: 'shop-api-7d9c5b8f6d-x2x4z',
    container: 'main-app',
  });
  assert.equal(files.pathOf(POD), join(links, `shop-api-7d9c5b8f6d-x2x4z_web_main-app-${POD}.log`));
  assert.equal(files.pathOf(DOCKER), join(docker, `${DOCKER}-json.log`));
  assert.equal(files.pathOf('c'.repeat(64)), undefined);
  assert.equal(files.pathOf('../../../etc/passwd'), undefined);
});

test('a machine without either has none', () => {
  const files = new ContainerLogFiles(join(root, 'nothing'));
  files.refresh();
  assert.equal(files.namesOf(POD), undefined);
  assert.equal(files.pathOf(POD), undefined);
});
