// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#include "ring_buffer.h"
#include "errors.h"
#include <cerrno>
#include <chrono>

namespace loader {

static constexpr size_t kQueue = 8;

RingReader::RingReader(Napi::Env env, int map_fd, size_t batch_bytes, int flush_ms, Napi::Function deliver)
    : batch_bytes_(batch_bytes), flush_ms_(flush_ms) {
  ring_ = ring_buffer__new(map_fd, on_sample, this, nullptr);
  if (!ring_) raise(env, errno, "open ring buffer");
  deliver_ = Napi::ThreadSafeFunction::New(env, deliver, "ring buffer", kQueue, 1);
  batch_.reserve(batch_bytes_ + 4096);
  thread_ = std::thread([this] { run(); });
}

RingReader::~RingReader() { close(); }

void RingReader::close() {
  if (!ring_) return;
  stopping_ = true;
  // wakes a thread that waits for room in the queue
  deliver_.Abort();
  if (thread_.joinable()) thread_.join();
  ring_buffer__free(ring_);
  ring_ = nullptr;
}

int RingReader::on_sample(void *self, void *data, size_t size) {
  static_cast<RingReader *>(self)->append(data, size);
  return 0;
}

void RingReader::append(const void *data, size_t size) {
  size_t padded = (size + 7) & ~size_t(7);
  size_t at = batch_.size();
  batch_.resize(at + 8 + padded);
  uint32_t length = static_cast<uint32_t>(size);
  memcpy(batch_.data() + at, &length, sizeof(length));
  memcpy(batch_.data() + at + 8, data, size);
  records_++;
  if (batch_.size() >= batch_bytes_) flush();
}

void RingReader::flush() {
  if (batch_.empty()) return;
  auto *owned = new std::vector<uint8_t>();
  owned->reserve(batch_bytes_ + 4096);
  owned->swap(batch_);
  auto call = [](Napi::Env env, Napi::Function callback, std::vector<uint8_t> *bytes) {
    Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(
        env, bytes->data(), bytes->size(), [](Napi::Env, void *, std::vector<uint8_t> *hint) { delete hint; }, bytes);
    callback.Call({buffer});
  };
  if (stopping_ || deliver_.BlockingCall(owned, call) != napi_ok) {
    delete owned;
    return;
  }
  batches_++;
}

void RingReader::run() {
  using clock = std::chrono::steady_clock;
  auto flushed = clock::now();
  while (!stopping_) {
    ring_buffer__poll(ring_, flush_ms_);
    auto now = clock::now();
    if (batch_.empty()) {
      flushed = now;
    } else if (now - flushed >= std::chrono::milliseconds(flush_ms_)) {
      flush();
      flushed = now;
    } else {
      // gather more before crossing into JavaScript; the ring holds what arrives meanwhile
      std::this_thread::sleep_for(std::chrono::milliseconds(flush_ms_) - (now - flushed));
      ring_buffer__consume(ring_);
      flush();
      flushed = clock::now();
    }
  }
}

} // namespace loader
