// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#pragma once
#include <napi.h>
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>
#include <bpf/libbpf.h>

namespace loader {

// Polls one ring buffer on a thread of its own. Records are copied into a batch ([u32 length][u32 0][bytes padded
// to 8]), and each batch crosses into JavaScript as one ArrayBuffer. At most kQueue batches wait; then the
// thread stops reading and the kernel's ring fills, where the program that reserves counts the loss.
class RingReader {
public:
  RingReader(Napi::Env env, int map_fd, size_t batch_bytes, int flush_ms, Napi::Function deliver);
  ~RingReader();
  void close();
  uint64_t records() const { return records_.load(); }
  uint64_t batches() const { return batches_.load(); }

private:
  static int on_sample(void *self, void *data, size_t size);
  void append(const void *data, size_t size);
  void flush();
  void run();

  struct ring_buffer *ring_ = nullptr;
  size_t batch_bytes_;
  int flush_ms_;
  std::vector<uint8_t> batch_;
  Napi::ThreadSafeFunction deliver_;
  std::thread thread_;
  std::atomic<bool> stopping_{false};
  std::atomic<uint64_t> records_{0};
  std::atomic<uint64_t> batches_{0};
};

} // namespace loader
