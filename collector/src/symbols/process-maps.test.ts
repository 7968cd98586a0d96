import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findMapping, parseMappings } from './process-maps.ts';

const TEXT = `00400000-0041f000 r--p 00000000 fe:00 117 /usr/bin/python3.11
0041f000-006b9000 r-xp 0001f000 fe:00 117                                /usr/bin/python3.11
7f0000000000-7f0000001000 r-xp 00000000 00:00 0
7f0000002000-7f0000004000 r-xp 00002000 fe:00 9 /tmp/with space.so (deleted)
7fff00000000-7fff00002000 r-xp 00000000 00:00 0                          [vdso]
`;

test('executable mappings, by address, with paths as they are', () => {
  const mappings = parseMappings(TEXT);
  assert.deepEqual(
    mappings.map(({ path, offset }) => [path, offset]),
    [
      ['/usr/bin/python3.11', 0x1f000],
      ['', 0],
      ['/tmp/with space.so', 0x2000],
      ['[vdso]', 0],
    ],
  );
  assert.equal(findMapping(mappings, 0x41f000), mappings[0]);
  assert.equal(findMapping(mappings, 0x6b8fff), mappings[0]);
  assert.equal(findMapping(mappings, 0x6b9000), undefined);
  assert.equal(findMapping(mappings, 0x7f0000002010), mappings[2]);
  assert.equal(findMapping(mappings, 0), undefined);
  assert.equal(findMapping([], 1), undefined);
});
