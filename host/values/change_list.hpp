// Changes in their order, as a strategy said them. Those of a first Run are as many as its files, so they lie packed:
// of a path only what differs from the one before, of its origin only what differs from the path. Read from front to
// back. A value; one thread at a time writes it.
#pragma once

#include <stoker/records.hpp>

#include <iterator>
#include <string>
#include <vector>

namespace stoker::host {

class ChangeList {
 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Change;
    using difference_type = std::ptrdiff_t;
    using pointer = const Change*;
    using reference = const Change&;
    Iterator() = default;
    explicit Iterator(const ChangeList& list);
    const Change& operator*() const { return now_; }
    const Change* operator->() const { return &now_; }
    Iterator& operator++();
    bool operator==(const Iterator& other) const { return left_ == other.left_; }

   private:
    void read();
    std::vector<std::string>::const_iterator block_;
    std::size_t at_ = 0, left_ = 0;  // left: with the one it stands on
    Change now_;
  };

  void add(const Change& change);
  void add(const ChangeList& others);
  std::size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  Iterator begin() const { return Iterator(*this); }
  Iterator end() const { return Iterator(); }
  // SHA-256 of what decides what a plan does: paths, ops, modes, contents, mappings.
  std::string digest() const;

 private:
  std::vector<std::string> blocks_;  // no change lies across two of them
  std::size_t count_ = 0;
  std::string last_;  // path
};

}  // namespace stoker::host
