import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { ElfFile } from './elf.ts';
import { ARCHITECTURES, functionEnds } from './function-ends.ts';
import { codeOf, functionsNamed } from './functions-named.ts';
import { x86InstructionAt } from './x86-instruction.ts';

const library = ['/usr/lib/x86_64-linux-gnu/libssl.so.3'].find(existsSync);
const skip =
  process.arch !== 'x64'
    ? 'not x86-64'
    : !library
      ? 'no libssl.so.3'
      : spawnSync('objdump', ['--version']).status !== 0 && 'no objdump';

/** Every instruction of a file's code as objdump (binutils) sees it. */
function* disassembly(path: string): Generator<{ readonly bytes: Uint8Array; readonly text: string }> {
  const output = execFileSync('objdump', ['-d', '-w', '--section=.text', path], {
    encoding: 'latin1',
    maxBuffer: 1 << 30,
  });
  for (const line of output.split('\n')) {
    const match = /^\s*[0-9a-f]+:\t([0-9a-f ]+)\t(.*)$/.exec(line);
    if (match) yield { bytes: Buffer.from(match[1]!.replaceAll(' ', ''), 'hex'), text: match[2]! };
  }
}

test('lengths and returns are those of objdump, for every instruction of a library', { skip }, () => {
  const wrong: string[] = [];
  let [count, returns] = [0, 0];
  for (const { bytes, text } of disassembly(library!)) {
    if (text.includes('(bad)')) continue;
    const padded = new Uint8Array(bytes.length + 16);
    padded.set(bytes);
    const instruction = x86InstructionAt(padded, 0);
    const returning = /^(repz |bnd )?ret/.test(text);
    if (instruction?.length !== bytes.length || (instruction.kind === 'return') !== returning)
      wrong.push(text);
    count++;
    if (returning) returns++;
  }
  assert.deepEqual(wrong, []);
  assert.ok(count > 10_000 && returns > 100, `${count} instructions, ${returns} returns`);
});

test('functions of OpenSSL are understood to their last byte', { skip }, () => {
  const file = new ElfFile(library!);
  const names = [
    'SSL_read',
    'SSL_write',
    'SSL_read_ex',
    'SSL_write_ex',
    'SSL_new',
    'SSL_free',
    'SSL_shutdown',
  ];
  const functions = [...functionsNamed(file, names).values()];
  assert.equal(functions.length, names.length);
  for (const one of functions) {
    const code = codeOf(file, one, 1 << 16)!;
    const ends = functionEnds(code, ARCHITECTURES[file.machine]!);
    assert.ok(ends.ok && ends.returns.length > 0, one.name);
    for (const at of ends.returns) assert.equal(code[at], 0xc3, one.name);
  }
  file.close();
});

test('code that is cut, starts in the middle or jumps into an instruction is refused', () => {
  const move = [0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 0xc3];
  const whole = functionEnds(Uint8Array.from([...move, 0xc3]), 'x86-64');
  assert.deepEqual(whole, { ok: true, returns: [10], leaves: [], leavesBlindly: false });
  const cut = functionEnds(Uint8Array.from(move.slice(0, 6)), 'x86-64');
  assert.deepEqual(cut, { ok: false, reason: 'unknown instruction at +0x0' });
  const into = functionEnds(Uint8Array.from([0xeb, 0x07, ...move, 0xc3]), 'x86-64');
  assert.deepEqual(into, { ok: false, reason: 'a jump into the middle of +0x9' });
  const leaving = functionEnds(Uint8Array.from([0xff, 0xe0, 0x74, 0x10, 0xc3]), 'x86-64');
  assert.deepEqual(leaving, { ok: true, returns: [4], leaves: [20], leavesBlindly: true });
});

test('arm64: returns, branches that leave', () => {
  const words = [0xd503201f, 0xd65f03c0, 0x14000010, 0xd61f0200, 0x17ffffff];
  const code = new Uint8Array(Uint32Array.from(words).buffer);
  assert.deepEqual(functionEnds(code, 'arm64'), {
    ok: true,
    returns: [4],
    leaves: [8 + 64],
    leavesBlindly: true,
  });
});
