import assert from 'node:assert/strict';
import { test } from 'node:test';
import { demangle } from './demangle.ts';

const CASES: readonly (readonly [string, string])[] = [
  ['recalculate', 'recalculate'],
  ['_Z4burni', 'burn'],
  ['_ZN2v88internal4Heap14CollectGarbageENS0_15AllocationSpaceE', 'v8::internal::Heap::CollectGarbage'],
  ['_ZNK2v85Value8IsStringEv', 'v8::Value::IsString'],
  ['_ZN4node6BufferC2Ev', 'node::Buffer::Buffer'],
  ['_ZN4node6BufferD1Ev', 'node::Buffer::~Buffer'],
  ['_ZN4nodeL14StartExecutionEPNS_11EnvironmentEPKc', 'node::StartExecution'],
  ['_ZN12_GLOBAL__N_14walkEv', '(anonymous namespace)::walk'],
  ['_ZNSt6vectorIiSaIiEE9push_backEOi', 'std::vector::push_back'],
  ['_ZNSsC1Ev', '_ZNSsC1Ev'],
  ['_ZN4core3fmt5write17h0123456789abcdefE', 'core::fmt::write'],
  ['_ZN3abc', 'abc'],
  ['_ZN99abcE', '_ZN99abcE'],
  ['_Z', '_Z'],
];

for (const [mangled, expected] of CASES)
  test(mangled, () => {
    assert.equal(demangle(mangled), expected);
  });
