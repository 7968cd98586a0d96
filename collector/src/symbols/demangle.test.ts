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
  ['_ZNSsC1Ev', 'std::string::string'],
  ['_ZSt4sortIPiEvT_S1_', 'std::sort'],
  ['_ZNKSt8functionIFvvEEclEv', 'std::function<void ()>::operator()() const'],
  ['_RNvCs1234_7mycrate3foo', 'mycrate::foo'],
  ['_RNvMs_NtCs4fqI2P2rA04_5alloc3vecINtB4_3VechE4pushB6_', '<alloc::vec::Vec<u8>>::push'],
  [
    '_ZN71_$LT$Test$u20$$u2b$$u20$$u27$static$u20$as$u20$foo..Bar$LT$Test$GT$$GT$3bar17h930b740aa94f1d3aE',
    "<Test + 'static as foo::Bar<Test>>::bar",
  ],
  ['_R', '_R'],
  ['_Z99', '_Z99'],
  ['_ZN4core3fmt5write17h0123456789abcdefE', 'core::fmt::write'],
  [
    '_ZN4node10StreamBase11WriteStringILNS_8encodingE4EEEiRKN2v820FunctionCallbackInfoINS3_5ValueEEE',
    'node::StreamBase::WriteString',
  ],
  [
    '_ZN4node10StreamBase8JSMethodIXadL_ZNS0_11WriteStringILNS_8encodingE4EEEiRKN2v8EEEEEvS9_',
    'node::StreamBase::JSMethod::…',
  ],
  ['_ZThn112_N4node15LibuvStreamWrap10DoTryWriteEPP8uv_buf_tPm', 'node::LibuvStreamWrap::DoTryWrite'],
  [
    '_ZZN4node15LibuvStreamWrap9ReadStartEvENUlP11uv_stream_slPK8uv_buf_tE0_4_FUNES2_lS5_',
    'node::LibuvStreamWrap::ReadStart::(lambda)',
  ],
  ['_ZN3abc', 'abc'],
  ['_ZN99abcE', '_ZN99abcE'],
  ['_Z', '_Z'],
];

for (const [mangled, expected] of CASES)
  test(mangled, () => {
    assert.equal(demangle(mangled), expected);
  });
