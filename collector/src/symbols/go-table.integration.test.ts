import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ElfFile } from './elf.ts';
import { GoTable } from './go-table.ts';
import { ModuleCache } from './modules.ts';

const SOURCE = `package main

type cart struct{ total int }

//go:noinline
func (c *cart) add(price int) int {
	c.total += price * 31
	return c.total
}

func main() {
	c := &cart{}
	apply := func(price int) { println(c.add(price)) }
	apply(2)
}
`;
const skip = spawnSync('go', ['version']).status !== 0 && 'no go (golang-go)';

describe('functions of real Go programs', { skip }, () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'gumshoe-go-'));
    writeFileSync(join(folder, 'shop.go'), SOURCE);
    writeFileSync(join(folder, 'go.mod'), 'module shop\n\ngo 1.19\n');
    build('whole');
    build('stripped', '-ldflags=-s -w');
  });
  after(() => rmSync(folder, { recursive: true }));

  function build(name: string, ...flags: readonly string[]): void {
    execFileSync('go', ['build', '-o', join(folder, name), ...flags], {
      cwd: folder,
      timeout: 120_000,
      env: {
        ...process.env,
        HOME: folder,
        GOCACHE: join(folder, 'cache'),
        GOFLAGS: '-mod=mod',
        GOTOOLCHAIN: 'local',
        CGO_ENABLED: '0',
      },
    });
  }

  /** Addresses by name from the program that kept its symbols: stripping moves nothing. */
  const addresses = (): ReadonlyMap<string, number> =>
    new Map(
      execFileSync('go', ['tool', 'nm', join(folder, 'whole')], { encoding: 'utf8', maxBuffer: 1 << 26 })
        .split('\n')
        .map((line) => line.trim().split(/\s+/))
        .filter(([, type]) => type === 'T' || type === 't')
        .map(([address, , name]) => [name!, Number.parseInt(address!, 16)]),
    );

  test('a stripped program tells functions, files and lines', () => {
    const file = new ElfFile(join(folder, 'stripped'));
    assert.equal(file.section('.symtab'), undefined);
    const table = GoTable.of(file);
    assert.ok(table && table.size > 1000);
    const known = addresses();
    const at = (name: string): string | undefined => table.frameAt(known.get(name)! + 1);
    // without a stack to grow, the first instruction is of the first statement
    assert.match(at('main.(*cart).add') ?? '', /^main\.\(\*cart\)\.add shop\.go:[67]$/);
    assert.equal(at('main.main'), 'main.main shop.go:11');
    assert.match(at('runtime.mallocgc') ?? '', /^runtime\.mallocgc malloc\.go:\d+$/);
    assert.equal(table.frameAt(0), undefined);
    assert.equal(table.frameAt(2 ** 46), undefined);
    file.close();
  });

  test('every function has the name that the symbol table gives it', () => {
    const file = new ElfFile(join(folder, 'stripped'));
    const table = GoTable.of(file)!;
    const wrong = [...addresses()]
      .filter(
        ([name]) =>
          /^(main|fmt|sync|runtime)\.[\w.()*]+$/.test(name) && !/^runtime\.(e?text|gcbits)/.test(name),
      )
      .filter(([name, address]) => {
        const frame = table.frameAt(address);
        return frame !== undefined && !frame.startsWith(`${name.replace(/\.abi0$/, '')} `);
      })
      .map(([name, address]) => `${name}: ${table.frameAt(address)}`);
    assert.deepEqual(wrong, []);
    file.close();
  });

  test('modules of Go programs are named by it', () => {
    const modules = new ModuleCache();
    const path = join(folder, 'stripped');
    const module = modules.moduleOf({ start: 0, end: 1, offset: 0, identity: 'fe:00:2', path }, '/proc/self');
    const file = new ElfFile(path);
    const offset = file.offsetOf(addresses().get('main.main')!)!;
    assert.equal(module?.frameAt(offset + 4), 'main.main shop.go:11');
    modules.close();
    file.close();
  });

  test('what is no Go program has none', () => {
    const file = new ElfFile('/proc/self/exe');
    assert.equal(GoTable.of(file), undefined);
    file.close();
  });
});
