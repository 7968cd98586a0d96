// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#pragma once
#include <napi.h>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace loader {

// Looks on a thread of its own how long the process's first thread waited for a processor, and writes files when that
// was too long: the first thread itself would come to it only when its work is done, which may then take minutes.
class StarvationWatch : public Napi::ObjectWrap<StarvationWatch> {
public:
  static Napi::Function define(Napi::Env env);
  // (everyMs, part of the time, [path, text, path, text, ...])
  explicit StarvationWatch(const Napi::CallbackInfo &info);
  ~StarvationWatch();

private:
  void arm(const Napi::CallbackInfo &info);
  Napi::Value starved(const Napi::CallbackInfo &info);
  void close(const Napi::CallbackInfo &info);

  void run();
  void end();
  bool relieve() const;

  int every_ms_;
  double most_;
  std::vector<std::pair<std::string, std::string>> relief_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool armed_ = false, restarted_ = false, stopping_ = false;
  double starved_ = 0;
  std::thread thread_;
};

} // namespace loader
