import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ElfFile } from './elf.ts';
import { FunctionStarts } from './function-starts.ts';
import { ModuleCache } from './modules.ts';
import { addressesOf, SymbolTable } from './symbol-table.ts';

const SOURCE = `
int gumshoe_counter = 3;
__attribute__((noinline)) static int hidden(int x) { return x * 31 + gumshoe_counter; }
int visible(int x) { return hidden(x) + 1; }
int main(void) { return visible(2); }
`;
const skip =
  process.platform !== 'linux'
    ? 'needs Linux'
    : spawnSync('gcc', ['--version']).status !== 0
      ? 'no gcc'
      : spawnSync('nm', ['--version']).status !== 0 && 'no nm';

describe('symbols of a real ELF file', { skip }, () => {
  let folder: string;
  let program: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'gumshoe-elf-'));
    program = join(folder, 'program');
    writeFileSync(join(folder, 'program.c'), SOURCE);
    execFileSync('gcc', ['-O1', '-rdynamic', '-o', program, join(folder, 'program.c')]);
  });
  after(() => rmSync(folder, { recursive: true }));

  const byNm = (): ReadonlyMap<string, number> =>
    new Map(
      execFileSync('nm', [program], { encoding: 'utf8' })
        .split('\n')
        .map((line) => line.split(' '))
        .filter((words) => words.length === 3)
        .map(([address, , name]) => [name!, Number.parseInt(address!, 16)]),
    );

  test('names every byte of a function, static ones too, as nm does', () => {
    const file = new ElfFile(program);
    const table = new SymbolTable(file);
    for (const name of ['hidden', 'visible', 'main']) {
      const address = byNm().get(name)!;
      assert.deepEqual(table.find(address), { name, offset: 0 });
      assert.deepEqual(table.find(address + 1), { name, offset: 1 });
    }
    assert.equal(table.find(0), undefined);
    assert.equal(table.find(byNm().get('gumshoe_counter')!), undefined);
    file.close();
  });

  test('a stripped file still names what it exports', () => {
    const stripped = join(folder, 'stripped');
    execFileSync('strip', ['-s', '-o', stripped, program]);
    const file = new ElfFile(stripped);
    const table = new SymbolTable(file);
    assert.equal(table.find(byNm().get('visible')!)?.name, 'visible');
    assert.equal(table.find(byNm().get('hidden')!)?.name, undefined);
    file.close();
  });

  test('a stripped file still tells where functions start', () => {
    const stripped = join(folder, 'stripped-too');
    execFileSync('strip', ['-s', '-o', stripped, program]);
    const file = new ElfFile(stripped);
    const starts = new FunctionStarts(file);
    for (const name of ['hidden', 'visible', 'main']) {
      const address = byNm().get(name)!;
      assert.equal(starts.startOf(address), address);
      assert.equal(starts.startOf(address + 2), address);
    }
    assert.equal(starts.startOf(-(2 ** 40)), undefined);
    const modules = new ModuleCache();
    const mapping = { start: 0, end: 1, offset: 0, identity: 'fe:00:1', path: stripped };
    const module = modules.moduleOf(mapping, '/proc/self');
    const [visible, hidden] = ['visible', 'hidden'].map((name) => byNm().get(name)!);
    assert.equal(module?.frameAt(file.offsetOf(visible!)! + 1), 'visible');
    const unnamed = `stripped-too+0x${hidden!.toString(16)}`;
    assert.equal(module?.frameAt(file.offsetOf(hidden!)!), unnamed);
    assert.equal(module?.frameAt(file.offsetOf(hidden!)! + 2), unnamed);
    modules.close();
    file.close();
  });

  test('addresses of data, and their place in the file', () => {
    const file = new ElfFile(program);
    const found = addressesOf(file, ['gumshoe_counter', 'absent']);
    assert.deepEqual([...found.keys()], ['gumshoe_counter']);
    const address = found.get('gumshoe_counter')!;
    assert.equal(address, byNm().get('gumshoe_counter'));
    const offset = file.offsetOf(address)!;
    assert.equal(file.read(offset, 4).readInt32LE(), 3);
    assert.equal(file.addressOf(offset), address);
    file.close();
  });

  test('symbols of a stripped file are found where it says they are, when they are its own', () => {
    const stripped = join(folder, 'linked');
    const debug = join(folder, 'linked.debug');
    execFileSync('objcopy', ['--only-keep-debug', program, debug]);
    const flags = ['--strip-all', '--remove-section=.note.gnu.build-id', `--add-gnu-debuglink=${debug}`];
    execFileSync('objcopy', [...flags, program, stripped]);
    const hidden = byNm().get('hidden')!;
    const nameIn = (identity: string): string | undefined => {
      const modules = new ModuleCache();
      const mapping = { start: 0, end: 1, offset: 0, identity, path: stripped };
      const frame = modules.moduleOf(mapping, '/proc/self')?.frameAt(hidden);
      modules.close();
      return frame;
    };
    const file = new ElfFile(stripped);
    assert.equal(file.section('.symtab'), undefined);
    assert.equal(file.offsetOf(hidden), hidden, 'code is not moved in this kind of file');
    file.close();
    assert.equal(nameIn('fe:00:3'), 'hidden');
    appendFileSync(debug, 'another build');
    assert.equal(nameIn('fe:00:4'), `linked+0x${hidden.toString(16)}`);
  });

  test('functions of the vdso have names', () => {
    const modules = new ModuleCache();
    const names = new Set(Array.from({ length: 2048 }, (_, i) => modules.vdsoFrameAt(i * 4)));
    assert.ok(
      [...names].some((name) => /clock_gettime/.test(name)),
      [...names].join(),
    );
    modules.close();
  });

  test('what is no ELF file is an error', () => {
    assert.throws(() => new ElfFile(join(folder, 'program.c')), /not a 64-bit/);
    assert.throws(() => new ElfFile(folder), /not a regular file|EISDIR/);
  });
});
