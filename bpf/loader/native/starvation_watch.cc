// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#include "starvation_watch.h"
#include <chrono>
#include <cstdio>
#include <fcntl.h>
#include <unistd.h>

namespace {

// ns that the thread could have run while others did; -1 where the kernel does not count it. sched-stats.rst
double waited_ns(int schedstat) {
  char text[128] = {};
  unsigned long long ran, waited;
  if (pread(schedstat, text, sizeof(text) - 1, 0) <= 0) return -1;
  return sscanf(text, "%llu %llu", &ran, &waited) == 2 ? static_cast<double>(waited) : -1;
}

bool write_text(const std::string &path, const std::string &text) {
  const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool written = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  close(fd);
  return written;
}

} // namespace

namespace loader {

Napi::Function StarvationWatch::define(Napi::Env env) {
  return DefineClass(env, "StarvationWatch",
                     {InstanceMethod("arm", &StarvationWatch::arm), InstanceMethod("starved", &StarvationWatch::starved),
                      InstanceMethod("close", &StarvationWatch::close)});
}

StarvationWatch::StarvationWatch(const Napi::CallbackInfo &info)
    : Napi::ObjectWrap<StarvationWatch>(info), every_ms_(info[0].As<Napi::Number>().Int32Value()),
      most_(info[1].As<Napi::Number>().DoubleValue()) {
  const Napi::Array words = info[2].As<Napi::Array>();
  for (uint32_t i = 0; i + 1 < words.Length(); i += 2)
    relief_.emplace_back(words.Get(i).ToString().Utf8Value(), words.Get(i + 1).ToString().Utf8Value());
  thread_ = std::thread([this] { run(); });
}

StarvationWatch::~StarvationWatch() { end(); }

void StarvationWatch::arm(const Napi::CallbackInfo &) {
  const std::lock_guard<std::mutex> lock(mutex_);
  armed_ = restarted_ = true;
  starved_ = 0;
}

// The part of the time for which it waited when the files were written; 0 as long as they were not, since it was armed.
Napi::Value StarvationWatch::starved(const Napi::CallbackInfo &info) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return Napi::Number::New(info.Env(), starved_);
}

void StarvationWatch::close(const Napi::CallbackInfo &) { end(); }

void StarvationWatch::end() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

// What this machine has of the files; the first one has to be there.
bool StarvationWatch::relieve() const {
  bool done = true, first = true;
  for (const auto &[path, text] : relief_) {
    const bool written = write_text(path, text);
    if (first) done = written;
    first = false;
  }
  return done;
}

void StarvationWatch::run() {
  using clock = std::chrono::steady_clock;
  const int schedstat = open("/proc/self/schedstat", O_RDONLY | O_CLOEXEC);
  auto looked = clock::now();
  double before = waited_ns(schedstat);
  std::unique_lock<std::mutex> lock(mutex_);
  while (!changed_.wait_for(lock, std::chrono::milliseconds(every_ms_), [this] { return stopping_; })) {
    const auto now = clock::now();
    const double waited = waited_ns(schedstat);
    const double part = (waited - before) / std::chrono::duration<double, std::nano>(now - looked).count();
    looked = now;
    before = waited;
    // what was before it was armed does not count
    if (armed_ && !restarted_ && waited >= 0 && part > most_ && relieve()) {
      armed_ = false;
      starved_ = part;
    }
    restarted_ = false;
  }
  if (schedstat >= 0) ::close(schedstat);
}

} // namespace loader
