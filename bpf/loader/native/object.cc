// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#include "object.h"
#include "errors.h"
#include <cerrno>
#include <csignal>
#include <linux/perf_event.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <sys/syscall.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace loader {

static constexpr size_t kLogBytes = 1 << 20;

static std::string text(const Napi::CallbackInfo &info, size_t index) {
  return info[index].As<Napi::String>().Utf8Value();
}

BpfObject::BpfObject(const Napi::CallbackInfo &info) : Napi::ObjectWrap<BpfObject>(info) {
  auto bytes = info[0].As<Napi::Uint8Array>();
  bytes_.assign(bytes.Data(), bytes.Data() + bytes.ByteLength());
  std::string name = text(info, 1);
  LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = name.c_str());
  take_messages();
  object_ = bpf_object__open_mem(bytes_.data(), bytes_.size(), &options);
  if (!object_) raise(info.Env(), errno, "open eBPF object " + name);
}

BpfObject::~BpfObject() { release(); }

void BpfObject::release() {
  rings_.clear();
  for (auto &entry : links_) bpf_link__destroy(entry.second);
  links_.clear();
  if (object_) bpf_object__close(object_);
  object_ = nullptr;
}

void BpfObject::close(const Napi::CallbackInfo &) { release(); }

struct bpf_object *BpfObject::object(Napi::Env env) {
  if (!object_) throw Napi::Error::New(env, "the eBPF object is closed");
  return object_;
}

struct bpf_program *BpfObject::program(const Napi::CallbackInfo &info, size_t index) {
  std::string name = text(info, index);
  auto *found = bpf_object__find_program_by_name(object(info.Env()), name.c_str());
  if (!found) throw Napi::Error::New(info.Env(), "the object has no program " + name);
  return found;
}

struct bpf_map *BpfObject::map(const Napi::CallbackInfo &info, size_t index) {
  std::string name = text(info, index);
  auto *found = bpf_object__find_map_by_name(object(info.Env()), name.c_str());
  if (!found) throw Napi::Error::New(info.Env(), "the object has no map " + name);
  return found;
}

Napi::Value BpfObject::programs(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  Napi::Array out = Napi::Array::New(env);
  struct bpf_program *prog;
  bpf_object__for_each_program(prog, object(env)) {
    Napi::Object one = Napi::Object::New(env);
    one.Set("name", bpf_program__name(prog));
    one.Set("section", bpf_program__section_name(prog));
    one.Set("autoload", bpf_program__autoload(prog));
    out.Set(out.Length(), one);
  }
  return out;
}

Napi::Value BpfObject::maps(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  Napi::Array out = Napi::Array::New(env);
  struct bpf_map *map;
  bpf_object__for_each_map(map, object(env)) {
    Napi::Object one = Napi::Object::New(env);
    one.Set("name", bpf_map__name(map));
    one.Set("type", libbpf_bpf_map_type_str(bpf_map__type(map)) ?: "unknown");
    one.Set("keySize", bpf_map__key_size(map));
    one.Set("valueSize", bpf_map__value_size(map));
    one.Set("maxEntries", bpf_map__max_entries(map));
    out.Set(out.Length(), one);
  }
  return out;
}

void BpfObject::set_autoload(const Napi::CallbackInfo &info) {
  bpf_program__set_autoload(program(info, 0), info[1].As<Napi::Boolean>().Value());
}

void BpfObject::set_max_entries(const Napi::CallbackInfo &info) {
  int code = bpf_map__set_max_entries(map(info, 0), info[1].As<Napi::Number>().Uint32Value());
  if (code) raise(info.Env(), -code, "set max_entries of map " + text(info, 0));
}

// Finds the variable in the BTF of a data section and writes its initial value; only before load.
void BpfObject::set_global(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  std::string name = text(info, 0);
  auto value = info[1].As<Napi::Uint8Array>();
  struct btf *btf = bpf_object__btf(object(env));
  if (!btf) throw Napi::Error::New(env, "the object has no BTF");
  for (uint32_t id = 1; id < btf__type_cnt(btf); id++) {
    const struct btf_type *section = btf__type_by_id(btf, id);
    if (!btf_is_datasec(section)) continue;
    const struct btf_var_secinfo *entry = btf_var_secinfos(section);
    for (int i = 0; i < btf_vlen(section); i++, entry++) {
      const struct btf_type *variable = btf__type_by_id(btf, entry->type);
      if (name != btf__name_by_offset(btf, variable->name_off)) continue;
      const char *where = btf__name_by_offset(btf, section->name_off);
      struct bpf_map *data = bpf_object__find_map_by_name(object_, where);
      size_t size = 0;
      void *initial = data ? const_cast<void *>(bpf_map__initial_value(data, &size)) : nullptr;
      if (!initial || entry->offset + entry->size > size) throw Napi::Error::New(env, "no data for variable " + name);
      if (value.ByteLength() != entry->size)
        throw Napi::Error::New(env, "variable " + name + " has " + std::to_string(entry->size) + " bytes, not " + std::to_string(value.ByteLength()));
      memcpy(static_cast<uint8_t *>(initial) + entry->offset, value.Data(), entry->size);
      return;
    }
  }
  throw Napi::Error::New(env, "the object has no global variable " + name);
}

static std::string tail(const std::string &log) {
  // the last line is the verifier's own statistics; what it refused stands just before
  size_t at = log.size();
  for (int lines = 0; at > 0 && lines < 12; at--)
    if (log[at - 1] == '\n' && ++lines == 12) break;
  return log.substr(at);
}

// undefined when loaded; else { errno, code, message, program?, log? }. A failed object cannot be loaded again.
Napi::Value BpfObject::load(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  std::map<struct bpf_program *, std::unique_ptr<char[]>> logs;
  struct bpf_program *prog;
  bpf_object__for_each_program(prog, object(env)) {
    if (!bpf_program__autoload(prog)) continue;
    // not cleared: pages that the verifier does not write are never touched
    std::unique_ptr<char[]> log(new char[kLogBytes]);
    log[0] = 0;
    bpf_program__set_log_buf(prog, log.get(), kLogBytes);
    logs[prog] = std::move(log);
  }
  take_messages();
  // a signal makes the verifier begin anew, and after a few times give up (EAGAIN): they wait until it is done
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  int code = bpf_object__load(object_);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  Napi::Value out = env.Undefined();
  if (code) {
    Napi::Object refusal = failure(env, -code, "load eBPF object");
    for (auto &entry : logs) {
      if (!entry.second[0]) continue;
      refusal.Set("program", bpf_program__name(entry.first));
      refusal.Set("log", tail(std::string(entry.second.get())));
    }
    out = refusal;
  }
  for (auto &entry : logs) bpf_program__set_log_buf(entry.first, nullptr, 0);
  // the kernel's BTF and its relocations took tens of megabytes that nothing needs again
#ifdef __GLIBC__
  malloc_trim(0);
#endif
  return out;
}

// A link's number, or { errno, code, message }.
Napi::Value BpfObject::keep(Napi::Env env, struct bpf_link *link, const std::string &what) {
  if (!link) return failure(env, errno, what);
  uint32_t id = next_id_++;
  links_[id] = link;
  return Napi::Number::New(env, id);
}

Napi::Value BpfObject::attach(const Napi::CallbackInfo &info) {
  auto *prog = program(info, 0);
  take_messages();
  return keep(info.Env(), bpf_program__attach(prog), "attach " + text(info, 0));
}

// (program, cpu, pid, frequency in Hz): software CPU clock.
Napi::Value BpfObject::attach_perf_event(const Napi::CallbackInfo &info) {
  auto *prog = program(info, 0);
  struct perf_event_attr attributes = {};
  attributes.size = sizeof(attributes);
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_CPU_CLOCK;
  attributes.freq = 1;
  attributes.sample_freq = info[3].As<Napi::Number>().Uint32Value();
  int cpu = info[1].As<Napi::Number>().Int32Value();
  int pid = info[2].As<Napi::Number>().Int32Value();
  int fd = syscall(SYS_perf_event_open, &attributes, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
  if (fd < 0) return failure(info.Env(), errno, "perf_event_open on CPU " + std::to_string(cpu));
  take_messages();
  struct bpf_link *link = bpf_program__attach_perf_event(prog, fd);
  if (!link) {
    int code = errno;
    ::close(fd);
    errno = code;
  }
  return keep(info.Env(), link, "attach " + text(info, 0) + " to a perf event");
}

// (program, path, offset, pid): a uprobe at a file offset; pid -1 is every process.
Napi::Value BpfObject::attach_uprobe(const Napi::CallbackInfo &info) {
  auto *prog = program(info, 0);
  std::string path = text(info, 1);
  size_t offset = static_cast<size_t>(info[2].As<Napi::Number>().Int64Value());
  int pid = info[3].As<Napi::Number>().Int32Value();
  LIBBPF_OPTS(bpf_uprobe_opts, options);
  std::string symbol;
  if (info[4].IsString()) {
    symbol = text(info, 4);
    options.func_name = symbol.c_str();
  }
  take_messages();
  return keep(info.Env(), bpf_program__attach_uprobe_opts(prog, pid, path.c_str(), offset, &options), "attach " + text(info, 0) + " to " + path);
}

// (program, map name or undefined): an iterator, over the elements of a map when one is given.
Napi::Value BpfObject::attach_iterator(const Napi::CallbackInfo &info) {
  auto *prog = program(info, 0);
  LIBBPF_OPTS(bpf_iter_attach_opts, options);
  union bpf_iter_link_info link_info = {};
  if (info[1].IsString()) {
    link_info.map.map_fd = bpf_map__fd(map(info, 1));
    options.link_info = &link_info;
    options.link_info_len = sizeof(link_info);
  }
  take_messages();
  return keep(info.Env(), bpf_program__attach_iter(prog, &options), "attach iterator " + text(info, 0));
}

// Runs an attached iterator once and returns what it wrote.
Napi::Value BpfObject::read_iterator(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  auto found = links_.find(info[0].As<Napi::Number>().Uint32Value());
  if (found == links_.end()) throw Napi::Error::New(env, "no such link");
  int fd = bpf_iter_create(bpf_link__fd(found->second));
  if (fd < 0) raise(env, -fd, "create iterator");
  std::vector<uint8_t> out;
  uint8_t chunk[65536];
  ssize_t got;
  while ((got = read(fd, chunk, sizeof(chunk))) > 0 || (got < 0 && errno == EAGAIN))
    if (got > 0) out.insert(out.end(), chunk, chunk + got);
  int code = errno;
  ::close(fd);
  if (got < 0) raise(env, code, "read iterator");
  Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(env, out.size());
  if (!out.empty()) memcpy(buffer.Data(), out.data(), out.size());
  return buffer;
}

Napi::Value BpfObject::detach(const Napi::CallbackInfo &info) {
  auto found = links_.find(info[0].As<Napi::Number>().Uint32Value());
  if (found == links_.end()) return Napi::Boolean::New(info.Env(), false);
  bpf_link__destroy(found->second);
  links_.erase(found);
  return Napi::Boolean::New(info.Env(), true);
}

// On a thread of its own: the kernel takes 100 ms and more to be sure that nobody runs in a uprobe any more.
Napi::Value BpfObject::detach_later(const Napi::CallbackInfo &info) {
  auto found = links_.find(info[0].As<Napi::Number>().Uint32Value());
  if (found == links_.end()) return Napi::Boolean::New(info.Env(), false);
  struct bpf_link *link = found->second;
  links_.erase(found);
  try {
    std::thread([link] { bpf_link__destroy(link); }).detach();
  } catch (const std::system_error &) {
    bpf_link__destroy(link);
  }
  return Napi::Boolean::New(info.Env(), true);
}

static bool per_cpu(const struct bpf_map *map) {
  switch (bpf_map__type(map)) {
  case BPF_MAP_TYPE_PERCPU_HASH:
  case BPF_MAP_TYPE_PERCPU_ARRAY:
  case BPF_MAP_TYPE_LRU_PERCPU_HASH:
    return true;
  default:
    return false;
  }
}

// Bytes of one value as user space sees it: for per-CPU maps one 8-byte aligned slot for each possible CPU.
static size_t user_value_size(const struct bpf_map *map) {
  size_t size = bpf_map__value_size(map);
  return per_cpu(map) ? ((size + 7) & ~size_t(7)) * libbpf_num_possible_cpus() : size;
}

static Napi::Uint8Array key_of(const Napi::CallbackInfo &info, size_t index, const struct bpf_map *map) {
  auto key = info[index].As<Napi::Uint8Array>();
  if (key.ByteLength() != bpf_map__key_size(map))
    throw Napi::Error::New(info.Env(), std::string("map ") + bpf_map__name(map) + ": the key has " + std::to_string(bpf_map__key_size(map)) + " bytes, not " +
                                           std::to_string(key.ByteLength()));
  return key;
}

// (map, key) → bytes or undefined
Napi::Value BpfObject::lookup(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  auto *found = map(info, 0);
  auto key = key_of(info, 1, found);
  Napi::Uint8Array value = Napi::Uint8Array::New(env, user_value_size(found));
  if (bpf_map_lookup_elem(bpf_map__fd(found), key.Data(), value.Data()) == 0) return value;
  if (errno == ENOENT) return env.Undefined();
  raise(env, errno, "look up in map " + text(info, 0));
}

// (map, key, value)
Napi::Value BpfObject::update(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  auto *found = map(info, 0);
  auto key = key_of(info, 1, found);
  auto value = info[2].As<Napi::Uint8Array>();
  if (value.ByteLength() != user_value_size(found))
    throw Napi::Error::New(env, "map " + text(info, 0) + ": the value has " + std::to_string(user_value_size(found)) + " bytes, not " + std::to_string(value.ByteLength()));
  if (bpf_map_update_elem(bpf_map__fd(found), key.Data(), value.Data(), BPF_ANY) != 0) raise(env, errno, "update map " + text(info, 0));
  return env.Undefined();
}

// (map, key) → whether it was there
Napi::Value BpfObject::remove(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  auto *found = map(info, 0);
  auto key = key_of(info, 1, found);
  if (bpf_map_delete_elem(bpf_map__fd(found), key.Data()) == 0) return Napi::Boolean::New(env, true);
  if (errno == ENOENT) return Napi::Boolean::New(env, false);
  raise(env, errno, "delete from map " + text(info, 0));
}

namespace {

struct Collected {
  std::vector<uint8_t> keys;
  std::vector<uint8_t> values;
  uint32_t count = 0;
};

// EINVAL/ENOTSUPP: the map type has no batch operations.
int collect_batch(int fd, size_t key_size, size_t value_size, bool take, uint32_t chunk, Collected &out) {
  std::vector<uint8_t> cursor(std::max<size_t>(key_size, 8)), keys(chunk * key_size), values(chunk * value_size);
  void *in = nullptr;
  for (;;) {
    uint32_t count = chunk;
    int code = take ? bpf_map_lookup_and_delete_batch(fd, in, cursor.data(), keys.data(), values.data(), &count, nullptr)
                    : bpf_map_lookup_batch(fd, in, cursor.data(), keys.data(), values.data(), &count, nullptr);
    int reason = code ? errno : 0;
    if (code && reason != ENOENT) {
      if (reason != ENOSPC || chunk > (1u << 20)) return reason;
      // one hash bucket holds more than the buffers: nothing was returned, try larger
      chunk *= 2;
      keys.resize(chunk * key_size);
      values.resize(chunk * value_size);
      continue;
    }
    out.keys.insert(out.keys.end(), keys.begin(), keys.begin() + count * key_size);
    out.values.insert(out.values.end(), values.begin(), values.begin() + count * value_size);
    out.count += count;
    if (reason == ENOENT) return 0;
    in = cursor.data();
  }
}

int collect_one_by_one(int fd, size_t key_size, size_t value_size, bool take, uint32_t limit, Collected &out) {
  std::vector<uint8_t> key(key_size), next(key_size), value(value_size);
  void *in = nullptr;
  // an LRU map may lead the walk back to its start: never read more than the map can hold
  for (uint32_t i = 0; i < limit && bpf_map_get_next_key(fd, in, next.data()) == 0; i++) {
    if (bpf_map_lookup_elem(fd, next.data(), value.data()) == 0) {
      out.keys.insert(out.keys.end(), next.begin(), next.end());
      out.values.insert(out.values.end(), value.begin(), value.end());
      out.count++;
    }
    key = next;
    in = key.data();
  }
  if (take)
    for (uint32_t i = 0; i < out.count; i++) bpf_map_delete_elem(fd, out.keys.data() + i * key_size);
  return 0;
}

Napi::ArrayBuffer buffer_of(Napi::Env env, const std::vector<uint8_t> &bytes) {
  Napi::ArrayBuffer out = Napi::ArrayBuffer::New(env, bytes.size());
  if (!bytes.empty()) memcpy(out.Data(), bytes.data(), bytes.size());
  return out;
}

} // namespace

// (map, take) → { count, keys, values }; take deletes what it returns.
Napi::Value BpfObject::entries(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  auto *found = map(info, 0);
  bool take = info[1].ToBoolean().Value();
  int fd = bpf_map__fd(found);
  size_t key_size = bpf_map__key_size(found), value_size = user_value_size(found);
  uint32_t limit = bpf_map__max_entries(found);
  Collected out;
  int reason = collect_batch(fd, key_size, value_size, take, std::min<uint32_t>(limit, 1024), out);
  if (reason == EINVAL || reason == 524 || reason == EOPNOTSUPP) {
    out = Collected();
    reason = collect_one_by_one(fd, key_size, value_size, take, limit, out);
  }
  if (reason) raise(env, reason, "read map " + text(info, 0));
  Napi::Object result = Napi::Object::New(env);
  result.Set("count", out.count);
  result.Set("keys", buffer_of(env, out.keys));
  result.Set("values", buffer_of(env, out.values));
  return result;
}

// (map, batch bytes, flush ms, callback) → ring's number
Napi::Value BpfObject::open_ring(const Napi::CallbackInfo &info) {
  auto *found = map(info, 0);
  auto reader = std::make_unique<RingReader>(info.Env(), bpf_map__fd(found), info[1].As<Napi::Number>().Uint32Value(), info[2].As<Napi::Number>().Int32Value(),
                                             info[3].As<Napi::Function>());
  uint32_t id = next_id_++;
  rings_[id] = std::move(reader);
  return Napi::Number::New(info.Env(), id);
}

Napi::Value BpfObject::ring_statistics(const Napi::CallbackInfo &info) {
  Napi::Object out = Napi::Object::New(info.Env());
  auto found = rings_.find(info[0].As<Napi::Number>().Uint32Value());
  out.Set("records", static_cast<double>(found == rings_.end() ? 0 : found->second->records()));
  out.Set("batches", static_cast<double>(found == rings_.end() ? 0 : found->second->batches()));
  return out;
}

void BpfObject::close_ring(const Napi::CallbackInfo &info) { rings_.erase(info[0].As<Napi::Number>().Uint32Value()); }

// (program) → { runTimeNs, runCount }; zero unless statistics are on.
Napi::Value BpfObject::program_statistics(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  struct bpf_prog_info facts = {};
  uint32_t size = sizeof(facts);
  int fd = bpf_program__fd(program(info, 0));
  if (fd < 0 || bpf_obj_get_info_by_fd(fd, &facts, &size) != 0) return env.Undefined();
  Napi::Object out = Napi::Object::New(env);
  out.Set("runTimeNs", static_cast<double>(facts.run_time_ns));
  out.Set("runCount", static_cast<double>(facts.run_cnt));
  return out;
}

Napi::Function BpfObject::define(Napi::Env env) {
  return DefineClass(env, "BpfObject",
                     {InstanceMethod<&BpfObject::programs>("programs"), InstanceMethod<&BpfObject::maps>("maps"),
                      InstanceMethod<&BpfObject::set_autoload>("setAutoload"), InstanceMethod<&BpfObject::set_max_entries>("setMaxEntries"),
                      InstanceMethod<&BpfObject::set_global>("setGlobal"), InstanceMethod<&BpfObject::load>("load"),
                      InstanceMethod<&BpfObject::attach>("attach"), InstanceMethod<&BpfObject::attach_perf_event>("attachPerfEvent"),
                      InstanceMethod<&BpfObject::attach_uprobe>("attachUprobe"), InstanceMethod<&BpfObject::attach_iterator>("attachIterator"),
                      InstanceMethod<&BpfObject::read_iterator>("readIterator"), InstanceMethod<&BpfObject::detach>("detach"),
                      InstanceMethod<&BpfObject::detach_later>("detachLater"),
                      InstanceMethod<&BpfObject::lookup>("lookup"), InstanceMethod<&BpfObject::update>("update"),
                      InstanceMethod<&BpfObject::remove>("remove"), InstanceMethod<&BpfObject::entries>("entries"),
                      InstanceMethod<&BpfObject::open_ring>("openRing"), InstanceMethod<&BpfObject::ring_statistics>("ringStatistics"),
                      InstanceMethod<&BpfObject::close_ring>("closeRing"), InstanceMethod<&BpfObject::program_statistics>("programStatistics"),
                      InstanceMethod<&BpfObject::close>("close")});
}

} // namespace loader
