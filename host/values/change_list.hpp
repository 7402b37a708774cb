// The changes of a plan, in the order that the strategy gave them. A first Run has as many changes as files, so they
// are stored packed: of a path only what differs from the path before it, of its origin only what differs from the
// path. They are read from front to back. A value; one thread at a time may write it.
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
    std::size_t at_ = 0, left_ = 0;  // left_ counts the current one too
    Change now_;
  };

  void add(const Change& change);
  void add(const ChangeList& others);
  std::size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  Iterator begin() const { return Iterator(*this); }
  Iterator end() const { return Iterator(); }
  // SHA-256 over what a plan does: paths, operations, modes, contents, mappings.
  std::string digest() const;

 private:
  std::vector<std::string> blocks_;  // a change is stored within one block
  std::size_t count_ = 0;
  std::string last_;  // path
};

}  // namespace stoker::host
