// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#include "pinned_map.h"
#include "errors.h"
#include <bpf/bpf.h>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace loader {

// (path) → { fd, type, keySize, valueSize } or a failure. Read only: what others pinned is theirs to change.
Napi::Value open_pinned_map(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  std::string path = info[0].As<Napi::String>().Utf8Value();
  LIBBPF_OPTS(bpf_obj_get_opts, options, .file_flags = BPF_F_RDONLY);
  int fd = bpf_obj_get_opts(path.c_str(), &options);
  if (fd < 0) return failure(env, -fd, "open pinned map " + path);
  struct bpf_map_info facts = {};
  uint32_t size = sizeof(facts);
  int code = bpf_obj_get_info_by_fd(fd, &facts, &size);
  if (code || facts.key_size == 0) {
    ::close(fd);
    return failure(env, code ? -code : EINVAL, "read what map is pinned at " + path);
  }
  Napi::Object out = Napi::Object::New(env);
  out.Set("fd", fd);
  out.Set("type", facts.type);
  out.Set("keySize", facts.key_size);
  out.Set("valueSize", facts.value_size);
  return out;
}

// (fd, key, value): fills value. Whether the key was there.
Napi::Value lookup_pinned_map(const Napi::CallbackInfo &info) {
  int fd = info[0].As<Napi::Number>().Int32Value();
  auto key = info[1].As<Napi::Uint8Array>();
  auto value = info[2].As<Napi::Uint8Array>();
  if (bpf_map_lookup_elem(fd, key.Data(), value.Data()) == 0) return Napi::Boolean::New(info.Env(), true);
  if (errno == ENOENT) return Napi::Boolean::New(info.Env(), false);
  raise(info.Env(), errno, "look up in a pinned map");
}

} // namespace loader
