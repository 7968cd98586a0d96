import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { compileAll, programs } from './compile.mjs';
import { updateLayout } from './layout.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
const LAYOUT = 'collector/src/receivers/ebpf/layout.generated.ts';
const missing = ['clang', 'llvm-strip', 'bpftool'].find(
  (program) => spawnSync(program, ['--version']).error !== undefined,
);

describe('eBPF build', { skip: missing ? `${missing} is not installed` : false }, () => {
  let root;
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'gumshoe-build-'));
    for (const folder of ['include', 'l7']) {
      cpSync(join(ROOT, 'bpf', folder), join(root, 'bpf', folder), { recursive: true });
    }
    mkdirSync(join(root, 'bpf/programs'));
    mkdirSync(dirname(join(root, LAYOUT)), { recursive: true });
    cpSync(join(ROOT, 'bpf/programs/process.bpf.c'), join(root, 'bpf/programs/process.bpf.c'));
  });
  after(() => rmSync(root, { recursive: true }));

  test('builds what changed, and only that', async () => {
    assert.deepEqual(await compileAll(root), { built: ['process'], failed: [] });
    assert.deepEqual(await compileAll(root), { built: [], failed: [] });
    appendFileSync(join(root, 'bpf/include/events.h'), '\n');
    assert.deepEqual((await compileAll(root)).built, ['process']);
  });

  test('a source that does not compile is one clear line and spares the others', async () => {
    const broken = join(root, 'bpf/programs/broken.bpf.c');
    writeFileSync(broken, '#include "events.h"\nint x = gs_nothing;\nint y = gs_nothing_either;\n');
    appendFileSync(join(root, 'bpf/include/events.h'), '\n');
    const { built, failed } = await compileAll(root);
    assert.deepEqual(built, ['process']);
    assert.deepEqual(
      failed.map((error) => error.message),
      ["bpf/programs/broken.bpf.c:2:9: use of undeclared identifier 'gs_nothing'"],
    );
    assert.ok(!existsSync(join(root, 'bpf/out/broken.bpf.o')));
    rmSync(broken);
    assert.deepEqual(
      programs(root).map(({ name }) => name),
      ['process'],
    );
  });

  test('the check notices a changed header, and generating again repairs it', async () => {
    assert.equal(await updateLayout(root, { check: false }), true);
    assert.equal(readFileSync(join(root, LAYOUT), 'utf8'), readFileSync(join(ROOT, LAYOUT), 'utf8'));
    assert.equal(await updateLayout(root, { check: true }), false);
    const header = join(root, 'bpf/include/events.h');
    const text = readFileSync(header, 'utf8');
    writeFileSync(header, text.replace('struct gs_header {', 'struct gs_header {\n\t__u64 inserted;'));
    assert.equal(await updateLayout(root, { check: true }), true);
    assert.equal(await updateLayout(root, { check: false }), true);
    assert.match(readFileSync(join(root, LAYOUT), 'utf8'), /type: \{ offset: 8, size: 4, kind: 'u32' \}/);
    writeFileSync(header, text);
  });
});
