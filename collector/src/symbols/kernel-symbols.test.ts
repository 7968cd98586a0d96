import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { KernelSymbols } from './kernel-symbols.ts';

const folder = mkdtempSync(join(tmpdir(), 'gumshoe-kallsyms-'));
after(() => rmSync(folder, { recursive: true }));

function symbols(text: string): KernelSymbols {
  const path = join(folder, 'kallsyms');
  writeFileSync(path, text);
  return new KernelSymbols(path);
}

test('functions of the kernel and of modules; data is left out', async () => {
  const kernel = symbols(
    [
      'ffffffff81000000 T _text',
      'ffffffff81000010 t do_syscall_64',
      'ffffffff81000018 D some_data',
      'ffffffffc0000000 t nf_hook\t[nf_tables]',
      'ffffffffa0000000 W weak_one',
      '',
    ].join('\n'),
  );
  await kernel.load();
  assert.equal(kernel.frameAt(0xffff81000010), 'do_syscall_64');
  assert.equal(kernel.frameAt(0xffff8100001f), 'do_syscall_64');
  assert.equal(kernel.frameAt(0xffff81000000), '_text');
  assert.equal(kernel.frameAt(0xffffa0000004), 'weak_one');
  assert.equal(kernel.frameAt(0xffffc0000100), 'nf_hook');
  assert.equal(kernel.frameAt(0x1000), '[kernel]');
});

test('hidden addresses and a missing list leave frames unnamed', async () => {
  const hidden = symbols('0000000000000000 T _text\n0000000000000000 t do_syscall_64\n');
  await hidden.load();
  assert.equal(hidden.frameAt(0xffff81000010), '[kernel]');
  const missing = new KernelSymbols(join(folder, 'absent'));
  await missing.load();
  assert.equal(missing.frameAt(0xffff81000010), '[kernel]');
});
