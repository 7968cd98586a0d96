// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#include "clock.h"
#include "errors.h"
#include "memory.h"
#include "object.h"
#include "pinned_map.h"
#include "starvation_watch.h"
#include <unistd.h>

static Napi::Value enable_statistics(const Napi::CallbackInfo &info) {
  int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
  if (fd < 0) return loader::failure(info.Env(), -fd, "enable eBPF statistics");
  return Napi::Number::New(info.Env(), fd);
}

static void close_descriptor(const Napi::CallbackInfo &info) { close(info[0].As<Napi::Number>().Int32Value()); }

static Napi::Value possible_cpus(const Napi::CallbackInfo &info) { return Napi::Number::New(info.Env(), libbpf_num_possible_cpus()); }

static Napi::Object init(Napi::Env env, Napi::Object exports) {
  loader::install_print();
  exports.Set("BpfObject", loader::BpfObject::define(env));
  exports.Set("enableStatistics", Napi::Function::New(env, enable_statistics));
  exports.Set("closeDescriptor", Napi::Function::New(env, close_descriptor));
  exports.Set("openPinnedMap", Napi::Function::New(env, loader::open_pinned_map));
  exports.Set("lookupPinnedMap", Napi::Function::New(env, loader::lookup_pinned_map));
  exports.Set("releaseFilePages", Napi::Function::New(env, loader::release_file_pages));
  exports.Set("clockState", Napi::Function::New(env, loader::clock_state));
  exports.Set("StarvationWatch", loader::StarvationWatch::define(env));
  exports.Set("possibleCpus", Napi::Function::New(env, possible_cpus));
  return exports;
}

NODE_API_MODULE(ebpf_loader, init)
