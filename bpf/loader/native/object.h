// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#pragma once
#include <napi.h>
#include <map>
#include <memory>
#include <string>
#include <vector>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include "ring_buffer.h"

namespace loader {

// One opened eBPF object with its programs, maps, links and ring readers. Closing it (or the process ending in
// any way) closes every descriptor, and with them the kernel detaches: nothing is pinned.
class BpfObject : public Napi::ObjectWrap<BpfObject> {
public:
  static Napi::Function define(Napi::Env env);
  explicit BpfObject(const Napi::CallbackInfo &info);
  ~BpfObject() override;

private:
  Napi::Value programs(const Napi::CallbackInfo &);
  Napi::Value maps(const Napi::CallbackInfo &);
  void set_autoload(const Napi::CallbackInfo &);
  void set_max_entries(const Napi::CallbackInfo &);
  void set_global(const Napi::CallbackInfo &);
  Napi::Value load(const Napi::CallbackInfo &);
  Napi::Value attach(const Napi::CallbackInfo &);
  Napi::Value attach_perf_event(const Napi::CallbackInfo &);
  Napi::Value attach_uprobe(const Napi::CallbackInfo &);
  Napi::Value attach_iterator(const Napi::CallbackInfo &);
  Napi::Value read_iterator(const Napi::CallbackInfo &);
  Napi::Value detach(const Napi::CallbackInfo &);
  Napi::Value detach_later(const Napi::CallbackInfo &);
  Napi::Value lookup(const Napi::CallbackInfo &);
  Napi::Value update(const Napi::CallbackInfo &);
  Napi::Value remove(const Napi::CallbackInfo &);
  Napi::Value entries(const Napi::CallbackInfo &);
  Napi::Value open_ring(const Napi::CallbackInfo &);
  Napi::Value ring_statistics(const Napi::CallbackInfo &);
  void close_ring(const Napi::CallbackInfo &);
  Napi::Value program_statistics(const Napi::CallbackInfo &);
  void close(const Napi::CallbackInfo &);

  void release();
  struct bpf_object *object(Napi::Env env);
  struct bpf_program *program(const Napi::CallbackInfo &, size_t index);
  struct bpf_map *map(const Napi::CallbackInfo &, size_t index);
  Napi::Value keep(Napi::Env env, struct bpf_link *link, const std::string &what);

  std::vector<uint8_t> bytes_;
  struct bpf_object *object_ = nullptr;
  std::map<uint32_t, struct bpf_link *> links_;
  std::map<uint32_t, std::unique_ptr<RingReader>> rings_;
  uint32_t next_id_ = 1;
};

} // namespace loader
